import Testing

@testable import isthmus

/// A wrong call ends with exit code 2, touches nothing and says what would be right.
struct UsageErrorTests {
    /// Arguments, and what standard error must contain.
    static let calls: [([String], String)] = [
        (["trian"], "did you mean train?"),
        (["help", "trian"], "did you mean train?"),
        (["serve-tea"], "known commands"),
        (["train"], "<experiment>"),
        (["train", "a.yaml", "--data", "d"], "--output"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--seeed", "1"], "--seed"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--seed", "-1"], "--seed"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--set", "epochs"], "key=value"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--threads", "0"], "1 to 1024"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--device", "gpu"], "cuda:N"),
        (["import", "cvs", "a", "--output", "d"], "'csv'"),
        (["import", "csv", "--output", "d"], "<paths>"),
        (["import", "csv", "a", "--output", "d", "--filter", "kcore:5"], "k-core"),
        (["import", "csv", "a", "--output", "d", "--filter", "k-core:0"], "at least 1"),
        (["import", "csv", "a", "--output", "d", "--columns", "usr=1"], "did you mean user?"),
        (["import", "csv", "a", "--output", "d", "--columns", "color=1"], "roles are user, item"),
        (["import", "csv", "a", "--output", "d", "--columns", "user"], "expected role=column"),
        (["import", "csv", "a", "--output", "d", "--columns", "user=1,user=2"], "given twice"),
        (
            ["import", "csv", "a", "--output", "d", "--columns", "user=u,item=u"],
            "column u is given for user and for item"
        ),
        (
            ["import", "csv", "a", "--output", "d", "--columns", "item=user"],
            "column user is given for user and for item"
        ),
        (["import", "csv", "a", "b", "--items", "i", "--output", "d"], "--items before each"),
        (["import", "csv", "a", "--output", "d", "--delimiter", "ab"], "comma, tab"),
        (["import", "csv", "a", "--output", "d", "--genres", "Drama"], "--genres"),
        (["import", "csv", "a", "--output", "d", "--genres", "a=X", "--genres", "a=Y"], "once"),
        (["import", "csv", "a", "--output", "d", "--on-bad-line", "skip"], "--on-bad-line"),
        (["import", "csv", "a", "b", "--items", "i", "--output", "d"], "one for each of 2"),
        (["import", "movielens", "a.dat", "--output", "d", "--delimiter", "tab"], "format csv"),
        (["import", "csv", "a", "--output", "d", "--users", "u.json"], "format sequences"),
        (["import", "csv", "a", "--output", "d", "--shared-genres", "drop"], "--genres"),
        (["evaluate", "r", "--split", "train"], "--split"),
        (["evaluate", "r", "--candidates", "sampled:0"], "--candidates"),
        (["compare", "r"], "at least two runs"),
        (["recommend", "r", "--domain", "d"], "--history"),
        (["recommend", "r", "--domain", "d", "--user", "u"], "--data"),
        (["recommend", "r", "--domain", "d", "--history", "a"], "expected domain:item"),
        (["recommend", "r", "--domain", "d", "--history", "a:b,"], "event 2 is empty"),
        (["recommend", "r", "--domain", "d", "--history", ":b"], "event 1 is \":b\""),
        (["recommend", "r", "--domain", "d", "--history", "a:b", "--count", "0"], "at least 1"),
        (["recommend", "r", "--domain", "d", "--history", "a:b", "--user", "u"], "either"),
        (["generate"], "--output"),
        (
            ["generate", "--output", "d", "--shared-taste", "1.5"],
            "--shared-taste: expected 0.0 to 1.0"
        ),
        (["generate", "--output", "d", "--drift", "nan"], "--drift"),
        (["generate", "--output", "d", "--items", "5,6,7"], "one for each of 2 domains"),
        (["generate", "--output", "d", "--items", "1"], "--items: expected 2 to"),
        (["generate", "--output", "d", "--domains", "a,a"], "--domains: expected each name once"),
        (["generate", "--output", "d", "--domains", "a:b,c"], "--domains"),
        (["generate", "--output", "d", "--events-per-user", "3"], "--events-per-user"),
        (["generate", "--output", "d", "--minimum-events", "1"], "--minimum-events: expected 2"),
        (["generate", "--output", "d", "--users", "2000000000"], "events of all users"),
        (["generate", "--output", "d", "--sharde-taste", "1"], "--shared-taste"),
        (["generate", "--output", "d", "--threads", "0"], "--threads"),
        (["attach", "d", "--name", "x", "--domain", "a", "--matrix", "m"], "--ids"),
        (
            ["attach", "d", "--name", "X", "--domain", "a", "--matrix", "m", "--ids", "i"],
            "--name: expected lower-case"
        ),
        (["fetch", "movielens-2m", "--output", "d"], "Did you mean movielens-1m?"),
    ]

    @Test(arguments: calls)
    func callIsRefused(_ arguments: [String], _ hint: String) throws {
        guard case .misuse(let message) = Launcher.parse(arguments) else {
            Issue.record("\(arguments) was accepted")
            return
        }
        #expect(message.contains(hint), "\(message)")
    }

    @Test(arguments: [["trian"], ["compare", "r"], ["train", "a.yaml", "--seeed", "1"]])
    func processEndsWithTwo(_ arguments: [String]) throws {
        let workspace = try Workspace()
        let output = try Tool.run(arguments, in: workspace.url)
        #expect(output.code == 2)
        #expect(output.text.isEmpty)
        #expect(!output.errors.isEmpty)
        #expect(try workspace.names.isEmpty)
    }
}
