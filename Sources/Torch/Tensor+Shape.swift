internal import CTorch

extension Tensor {
    /// The same elements with another shape; one size may be -1.
    public func reshaped(_ shape: [Int]) -> Tensor {
        let sizes = shape.map(Int64.init)
        return make("reshaped of \(self.shape) to \(shape)") {
            ct_reshape(pointer, sizes, Int32(sizes.count), $0)
        }
    }

    /// Two dimensions exchanged; by default the last two.
    public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor {
        make("transposed of \(shape)") { ct_transpose(pointer, Int32(first), Int32(second), $0) }
    }

    /// A slice of one dimension.
    public func narrowed(_ dimension: Int, _ range: Range<Int>) -> Tensor {
        make("narrowed of \(shape) to \(range) in dimension \(dimension)") {
            ct_narrow(
                pointer, Int32(dimension), Int64(range.lowerBound), Int64(range.count), $0)
        }
    }

    /// Rows of the first dimension.
    public subscript(rows: Range<Int>) -> Tensor { narrowed(0, rows) }

    /// One row of the first dimension.
    public subscript(row: Int) -> Tensor {
        narrowed(0, row..<row + 1).reshaped(Array(shape.dropFirst()))
    }

    /// Tensors joined along one dimension.
    public static func concatenate(_ tensors: [Tensor], dimension: Int = 0) -> Tensor {
        withPointers(tensors) { pointers in
            make("concatenate of \(tensors.map(\.shape))") {
                ct_concatenate(pointers, Int32(tensors.count), Int32(dimension), $0)
            }
        }
    }

    /// Rows by index (int32 or int64, one dimension); the gradient is dense.
    public func rows(_ indices: Tensor) -> Tensor {
        // libtorch has no such operator for tensors without memory.
        if let plan = MemoryPlan.current {
            return plan.tensor(indices.shape + shape.dropFirst(), dtype: dtype)
        }
        return make("rows of \(shape) by \(indices.shape)") {
            ct_index_select(pointer, 0, indices.pointer, $0)
        }
    }

    /// A copy with `source`'s rows added at `indices`.
    public func addingRows(_ source: Tensor, at indices: Tensor) -> Tensor {
        make("addingRows to \(shape) of \(source.shape)") {
            ct_index_add(pointer, indices.pointer, source.pointer, $0)
        }
    }

    /// Elements along one dimension by int64 indices of the result's shape.
    public func gathered(_ indices: Tensor, dimension: Int) -> Tensor {
        make("gathered of \(shape) by \(indices.shape)") {
            ct_gather(pointer, Int32(dimension), indices.pointer, $0)
        }
    }

    /// The largest elements of the last dimension in descending order, with their int64 indices.
    public func topK(_ count: Int) -> (values: Tensor, indices: Tensor) {
        var values: ct_tensor?
        var indices: ct_tensor?
        check(
            ct_top_k(pointer, Int64(count), &values, &indices), "topK of \(shape), count \(count)")
        guard let values, let indices else { fatalError("topK: no result") }
        return (Tensor(TensorHandle(values)), Tensor(TensorHandle(indices)))
    }
}
