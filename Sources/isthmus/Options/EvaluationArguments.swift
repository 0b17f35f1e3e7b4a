public import ArgumentParser
public import Experiments
public import Interactions

extension Part: ExpressibleByArgument {}

extension Candidates: ExpressibleByArgument {
    /// Reads `full` or `sampled:N`.
    public init?(argument: String) { self.init(argument) }
}
