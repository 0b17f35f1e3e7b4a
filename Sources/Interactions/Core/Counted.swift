/// A count with its noun in the number that it asks for: `1 row`, `2 rows`.
package func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(plural(noun, of: count))"
}

/// A noun, with an s where there is not exactly one.
package func plural(_ noun: String, of count: Int) -> String {
    count == 1 ? noun : noun + "s"
}
