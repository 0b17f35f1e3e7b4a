extension Outcome {
    /// Every target of the project with the figure that this run reached.
    var targets: [Target] { training + evaluation + serving }

    private func row(_ name: String) -> Row? { rows.first { $0.name == name } }

    private func quotient(_ left: Double?, _ right: Double?) -> Double? {
        guard let left, let right else { return nil }
        return left / right
    }

    private func rate(_ row: Row?) -> Double? { row.map { $0.flops / $0.medianSeconds } }

    private func gigabytes(_ bytes: Int?) -> Double? { bytes.map { Double($0) / 1e9 } }

    private var training: [Target] {
        let abxi = peers.first { $0.name == PeerResult.abxi }
        let sasRec = peers.first { $0.name == PeerResult.sasRec }
        let step = row(RowName.abxiStep)
        let gca = row(RowName.gcaStep)
        let foreseen = quotient(
            gigabytes(epoch?.estimatedMemory), gigabytes(epoch?.peakMemory))
        return [
            Target("ABXI epoch, authors' time over ours", abxi?.ratio, .atLeast(14)),
            Target("… the same in user time", abxi?.userRatio, .none),
            Target("ABXI epoch over its floor", row(RowName.abxiEpoch)?.ratio, .atMost(1.7)),
            Target(
                "ABXI epoch, peak memory", gigabytes(epoch?.peakMemory), .atMost(1.5), unit: "GB"),
            Target(
                "… error of the memory that the trainer foresaw",
                foreseen.map { 100 * abs($0 - 1) }, .atMost(20), digits: 0, unit: "%"),
            Target("… authors' over ours", abxi?.memoryRatio, .none),
            Target(
                "ABXI + GCA at one stage over ABXI, both over their floors",
                quotient(gca?.ratio, step?.ratio), .atMost(1.35)),
            Target(
                "… wall time over wall time",
                quotient(gca?.medianSeconds, step?.medianSeconds), .none),
            Target("SASRec epoch, RecBole's time over ours", sasRec?.ratio, .atLeast(20)),
            Target("… the same in user time", sasRec?.userRatio, .none),
        ]
    }

    private var evaluation: [Target] {
        let full = row(RowName.fullRanking)
        let sampled = row(RowName.sampledRanking)
        // A case's time, over all cases of the data.
        let ranking = full.map {
            100 * Double(SyntheticSequences.foodKitchen.userCount) / $0.perSecond
        }
        return [
            Target(
                "full ranking of all Food-Kitchen cases, share of an epoch",
                quotient(ranking, row(RowName.abxiEpoch)?.medianSeconds), .below(5), unit: "%"),
            Target(
                "sampled:999 over full ranking",
                quotient(full?.perSecond, sampled?.perSecond), .atMost(1)),
        ]
    }

    private var serving: [Target] {
        // What is left of it when the dataset itself is not counted.
        let memory = largeImport.map { Double($0.whole.peakMemory - $0.datasetBytes) / 1e6 }
        let retrieval = quotient(
            rate(row(RowName.retrieval)), rate(row(RowName.gemm)))
        return [
            Target(
                "import of 20 million ratings", largeImport.map { $0.perSecond / 1e6 },
                .atLeast(1.5), unit: "M rows/s"),
            Target(
                "… peak memory less the dataset", memory, .below(500), digits: 0, unit: "MB"),
            Target(
                "… with filters, polars' time over ours",
                quotient(largeImport?.polars?.seconds, largeImport?.filtered?.seconds), .none),
            Target(
                "top 100 of 1,000,000 × 256 for 64 users, share of the GEMM rate",
                retrieval.map { 100 * $0 }, .atLeast(70), digits: 1, unit: "%"),
            Target(
                "one recommend of 28,000 items",
                row(RowName.recommend).map { $0.medianSeconds * 1e3 }, .below(2), unit: "ms"),
        ]
    }
}
