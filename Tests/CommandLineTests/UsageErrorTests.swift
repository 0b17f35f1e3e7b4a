import Testing

/// A wrong call ends with exit code 2, touches nothing and says what would be right.
struct UsageErrorTests {
    /// Arguments, and what standard error must contain.
    static let calls: [([String], String)] = [
        (["trian"], "did you mean train?"),
        (["serve-tea"], "known commands"),
        (["train"], "<experiment>"),
        (["train", "a.yaml", "--data", "d"], "--output"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--seeed", "1"], "--seed"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--seed", "-1"], "--seed"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--set", "epochs"], "key=value"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--threads", "0"], "at least 1"),
        (["train", "a.yaml", "--data", "d", "--output", "r", "--device", "gpu"], "cuda:N"),
        (["import", "cvs", "a", "--output", "d"], "'csv'"),
        (["import", "csv", "--output", "d"], "<paths>"),
        (["import", "csv", "a", "--output", "d", "--filter", "kcore:5"], "k-core"),
        (["import", "csv", "a", "--output", "d", "--filter", "k-core:0"], "at least 1"),
        (["import", "csv", "a", "--output", "d", "--columns", "usr=1"], "--columns"),
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
        (["recommend", "r", "--domain", "d", "--history", "a"], "--history"),
        (["recommend", "r", "--domain", "d", "--history", "a:b", "--count", "0"], "at least 1"),
        (["recommend", "r", "--domain", "d", "--history", "a:b", "--user", "u"], "either"),
        (["fetch", "movielens-2m", "--output", "d"], "Did you mean movielens-1m?"),
    ]

    @Test(arguments: calls)
    func callIsRefused(_ arguments: [String], _ hint: String) throws {
        let workspace = try Workspace()
        let output = try Tool.run(arguments, in: workspace.url)
        #expect(output.code == 2)
        #expect(output.text.isEmpty)
        #expect(output.errors.contains(hint), "\(output.errors)")
        #expect(try workspace.names.isEmpty)
    }
}
