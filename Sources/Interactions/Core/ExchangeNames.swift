package import Foundation

private typealias Rename =
    @convention(c) (
        Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
    ) -> Int32

/// Linux's renameat2, which Swift's view of the C library leaves out; nil where the library has none.
private let rename: Rename? = dlsym(dlopen(nil, RTLD_NOW), "renameat2").map {
    unsafeBitCast($0, to: Rename.self)
}

/// Gives each of two files or directories the other's name, in one step; false where this is not possible.
package func exchangeNames(_ first: URL, _ second: URL) -> Bool {
    let exchange: UInt32 = 2
    return rename?(AT_FDCWD, first.path, AT_FDCWD, second.path, exchange) == 0
}
