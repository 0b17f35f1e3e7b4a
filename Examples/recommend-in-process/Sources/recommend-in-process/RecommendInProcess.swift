import Interactions
import RankingMetrics
import Torch

/// Shows that another package's program builds with the library inside it.
@main
struct RecommendInProcess {
    static func main() {
        print("Isthmus is linked into this process")
    }
}
