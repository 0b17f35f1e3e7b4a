import Testing

@testable import Experiments
@testable import RankingMetrics
@testable import isthmus

/// The line that shows how far work is, and training's lines.
struct ProgressLineTests {
    private static let parts = [
        "train epoch 1/200", "at most 3 min 7 s left", "step 10/1234", "loss 6.1234",
        "12,345 examples/s",
    ]

    @Test(arguments: [
        (
            200,
            "[============            ] train epoch 1/200, at most 3 min 7 s left, step 10/1234, "
                + "loss 6.1234, 12,345 examples/s"
        ),
        (80, "[======      ] train epoch 1/200, at most 3 min 7 s left, step 10/1234"),
        (40, "train epoch 1/200, step 10/1234"),
        (20, "train epoch 1/200"), (10, "train ep…"), (1, ""), (0, ""),
    ])
    func lineFitsTheTerminal(_ columns: Int, _ line: String) {
        #expect(ProgressLine.line(share: 0.5, Self.parts, columns: columns) == line)
    }

    @Test func noTextIsWiderThanTheTerminal() {
        let letters = Array("ab 漢字🎬e\u{301}한👩‍👩‍👧\u{301}कि☀\u{FE0F}…")
        var random = SplitMix64(state: 1)
        for _ in 0..<500 {
            let parts = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                String(
                    (0..<Int.random(in: 0...30, using: &random)).map { _ in
                        letters.randomElement(using: &random) ?? "a"
                    })
            }
            let columns = Int.random(in: 0...150, using: &random)
            let share = [0, 0.3, 1, 7, -1, .nan, .infinity].randomElement(using: &random) ?? 0
            let line = ProgressLine.line(share: share, parts, columns: columns)
            #expect(line.displayWidth <= max(columns - 1, 0), "\(parts) at \(columns)")
        }
    }

    /// What was put, and a clock that the test moves.
    private final class Stage {
        var now = 0.0
        var lines: [String] = []

        func line(isRedrawn: Bool) -> ProgressLine {
            ProgressLine(
                on: .output, isRedrawn: isRedrawn, clock: { self.now },
                put: { self.lines.append($0) })
        }
    }

    @Test func elsewhereALineComesEveryHalfMinute() {
        let stage = Stage()
        let line = stage.line(isRedrawn: false)
        for second in 0..<100 {
            stage.now = Double(second)
            line.show(share: 0, ["at \(second)", "more"])
        }
        #expect(stage.lines == ["at 30, more", "at 60, more", "at 90, more"])
        // Another line in between puts it off.
        line.clear()
        stage.now = 125
        line.show(share: 0, ["early"])
        stage.now = 130
        line.show(share: 0, ["late"])
        #expect(stage.lines.last == "late")
    }

    @Test func onATerminalTheLineIsDrawnTenTimesASecond() {
        let stage = Stage()
        let line = stage.line(isRedrawn: true)
        for step in 0..<1000 {
            stage.now = Double(step) / 1000
            line.show(share: 1, ["\(step)"])
        }
        #expect((9...11).contains(stage.lines.count))
    }

    @Test func timeLeftIsRightFromTheFirstStep() {
        let stage = Stage()
        let display = TrainingDisplay(
            model: "sasrec", selection: "HR@10", line: stage.line(isRedrawn: false),
            clock: { stage.now })
        func step(_ step: Int, epoch: Int, isLastPhase: Bool = true) {
            display.show(
                .step(
                    StepProgress(
                        phase: "train", isLastPhase: isLastPhase, epoch: epoch, epochs: 3,
                        step: step,
                        steps: 10, examplesPerSecond: 2, loss: 1)))
        }
        // 31 seconds a step: ten steps and two more epochs take 930 seconds, of which 31 are over.
        stage.now = 31
        step(1, epoch: 1)
        #expect(
            stage.lines.last
                == "train epoch 1/3, at most 14 min 59 s left, step 1/10, loss 1.0000, 2.0 examples/s"
        )
        stage.now = 310
        step(10, epoch: 1, isLastPhase: false)
        #expect(stage.lines.last?.contains("at most 10 min 20 s left in this phase") == true)
        // The first step in no time says nothing of the time, and no other number either.
        let quick = Stage()
        let other = TrainingDisplay(
            model: "sasrec", selection: "HR@10", line: quick.line(isRedrawn: true),
            clock: { quick.now })
        other.show(
            .step(
                StepProgress(
                    phase: "train", isLastPhase: true, epoch: 1, epochs: 1, step: 1, steps: 1,
                    examplesPerSecond: .infinity, loss: .nan)))
        #expect(quick.lines.first?.contains("left") == false)
    }

    @Test(
        arguments: [
            (0, "less than 1 ms"), (0.0352, "35 ms"), (0.25, "0.2 s"), (9.9, "9.9 s"),
            (9.96, "10 s"),
            (59.6, "1 min"), (187, "3 min 7 s"), (3600, "1 h"), (7385, "2 h 3 min"),
            (86400 * 5, "5 d"),
            (86400 * 5 + 7300, "5 d 2 h"), (.nan, "unknown"), (.infinity, "unknown"),
        ] as [(Double, String)])
    func durationInWords(_ seconds: Double, _ words: String) {
        #expect(Number.duration(seconds) == words)
    }
}
