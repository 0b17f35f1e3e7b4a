public import Interactions
public import Recommenders

extension DataShape {
    /// The sizes of a dataset.
    public init(_ dataset: Dataset) {
        self.init(
            domains: dataset.catalogs.map {
                Domain(name: $0.name, firstItem: $0.firstItem.rawValue, itemCount: $0.count)
            }, userCount: dataset.userCount)
    }
}
