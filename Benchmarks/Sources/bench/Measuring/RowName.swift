/// Names of rows that the targets refer to; the baseline knows them by these.
enum RowName {
    static let abxiStep = "ABXI training step"
    static let abxiEpoch = "ABXI training epoch"
    static let gcaStep = "ABXI + GCA at stage 1 training step"
    static let sasRecStep = "SASRec MovieLens-1M training step"
    static let fullRanking = "evaluation full"
    static let sampledRanking = "evaluation sampled:999"
    static let recommend = "recommend 10 of 28000"
    static let largeImport = "import 20M ratings"
    static let gemm = "GEMM 1024³ in turn with it"
    static let retrieval = "top 100 of 1,000,000 × 256, 64 users"
}
