internal import Foundation

let activeMutation =
    ProcessInfo.processInfo.environment["ISTHMUS_MUTATION"].flatMap { Int($0) } ?? 0
