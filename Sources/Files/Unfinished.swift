package import Foundation

/// Files and directories that are not whole yet, `<name>.tmp-<pid>` and what may follow.
package enum Unfinished {
    /// Where this process works on what will be called `name`.
    package static func url(of name: String, in directory: URL) -> URL {
        directory.appendingPathComponent("\(name).tmp-\(getpid())")
    }

    /// Removes what processes that are gone, or this one earlier, left of `name`, or of any name.
    package static func removeLeftovers(of name: String? = nil, in directory: URL) {
        let files = FileManager.default
        let found = (try? files.contentsOfDirectory(atPath: directory.path)) ?? []
        for entry in found {
            guard let mark = entry.range(of: ".tmp-", options: .backwards),
                name.map({ $0 == entry[..<mark.lowerBound] }) ?? true,
                let process = pid_t(entry[mark.upperBound...].prefix { $0.isNumber })
            else { continue }
            let isGone = kill(process, 0) != 0 && errno == ESRCH
            guard isGone || process == getpid() else { continue }
            try? files.removeItem(at: directory.appendingPathComponent(entry))
        }
    }
}
