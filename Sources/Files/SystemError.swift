package import Foundation

/// A failure of the system while a file was used, in words that say what to do.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The system's number.
    package let code: Int32

    /// The last failure of this thread.
    package init() { code = errno }

    /// A failure by its number.
    package init(code: Int32) { self.code = code }

    /// The failure that Foundation reports; nil for an error that is none of the system's.
    package init?(_ error: any Error) {
        if let known = error as? SystemError {
            self = known
            return
        }
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain {
            code = Int32(truncatingIfNeeded: error.code)
        } else if let inner = error.userInfo[NSUnderlyingErrorKey] as? any Error,
            let found = SystemError(inner)
        {
            self = found
        } else if error.domain == NSCocoaErrorDomain,
            let code = Self.cocoa[CocoaError.Code(rawValue: error.code)]
        {
            self.code = code
        } else {
            return nil
        }
    }

    private static let cocoa: [CocoaError.Code: Int32] = [
        .fileNoSuchFile: ENOENT, .fileReadNoSuchFile: ENOENT, .fileReadNoPermission: EACCES,
        .fileWriteNoPermission: EACCES, .fileWriteOutOfSpace: ENOSPC,
        .fileWriteVolumeReadOnly: EROFS, .fileWriteFileExists: EEXIST, .fileReadTooLarge: EFBIG,
        .fileReadInvalidFileName: ENAMETOOLONG, .fileWriteInvalidFileName: ENAMETOOLONG,
        .fileReadUnknown: EIO, .fileWriteUnknown: EIO,
    ]

    private static let causes: [Int32: String] = [
        ENOENT: "no such file or directory",
        EACCES: "no permission; ask its owner for it, or choose another place",
        EPERM: "no permission; ask its owner for it, or choose another place",
        EISDIR: "it is a directory, not a regular file; where one is to be, move it away",
        ENOTDIR: "a part of the path is a file, not a directory; choose another place",
        EEXIST: "something of that name is there already",
        ENOTEMPTY: "the directory is not empty",
        ENOSPC: "no space is left on the device; free some and run the command again",
        EDQUOT: "the quota of the device is used up; free some space and run the command again",
        EROFS: "the file system is read-only; choose another place",
        EMFILE: "too many files are open; allow more with ulimit -n",
        ENFILE: "too many files are open on this machine; end other programs",
        EFBIG: "the file is larger than can be read or written; see ulimit -f",
        EIO: "the device failed to read or write; look at its health before you try again",
        ENAMETOOLONG: "the name is too long; choose a shorter one",
        ELOOP: "symbolic links lead in a circle",
        ENOMEM: "there is not enough memory for it",
        ENODEV: "it is not a regular file",
        ETXTBSY: "another program runs it; end that first",
        EBUSY: "another program uses it; end that first",
        EXDEV: "the place is on another device",
        ESTALE: "the network's file system lost it; run the command again",
    ]

    /// The cause, and what to do about it where something can be done.
    package var description: String {
        Self.causes[code] ?? "the system refuses (error \(code))"
    }

    /// What any error says, in our own words where it is the system's.
    package static func reason(of error: any Error) -> String {
        if let known = SystemError(error) { return known.description }
        // Foundation's other errors describe themselves with domain, code and a dictionary.
        if error is CocoaError { return "it cannot be read or written" }
        return String(describing: error)
    }
}

/// A file that cannot be read or written as it should.
package struct FileError: Error, Equatable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What is wrong with it, and what to do.
    package let reason: String

    /// Names the file and what is wrong with it.
    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// What went wrong at a file.
    package init(_ url: URL, _ error: any Error) {
        self.init(path: url.path, reason: SystemError.reason(of: error))
    }

    /// The path and the reason.
    package var description: String { "\(path): \(reason)" }
}
