package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// stream is the output of `go test -json`.
func stream(t *testing.T, events ...event) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func output(test, line string) event {
	return event{Action: "output", Package: "m/a", Test: test, Output: line + "\n"}
}

func ends(action, test string) event { return event{Action: action, Package: "m/a", Test: test} }

func TestReport(t *testing.T) {
	const none = "\nNo test was skipped.\n"
	cases := []struct {
		name string
		in   string
		want string
	}{
		{"what passes is quiet", stream(t,
			output("TestA", "=== RUN   TestA"), output("TestA", "    a_test.go:1: a log"), output("TestA", "--- PASS: TestA (0.00s)"), ends("pass", "TestA"),
			output("", "PASS"), output("", "ok  \tm/a\t0.1s"), ends("pass", "")),
			"ok  \tm/a\t0.1s\n" + none},
		{"what fails is printed", stream(t,
			output("TestA", "=== RUN   TestA"), output("TestA", "    a_test.go:1: wrong"), output("TestA", "--- FAIL: TestA (0.00s)"), ends("fail", "TestA"),
			output("", "FAIL"), output("", "FAIL\tm/a\t0.1s"), ends("fail", "")),
			"    a_test.go:1: wrong\n--- FAIL: TestA (0.00s)\nFAIL\tm/a\t0.1s\n" + none},
		{"so is what was cut short", stream(t,
			output("TestA", "=== RUN   TestA"), output("TestA", "    a_test.go:1: so far"), output("", "panic: test timed out"), output("", "FAIL\tm/a\t2s"), ends("fail", "")),
			"panic: test timed out\n    a_test.go:1: so far\nFAIL\tm/a\t2s\n" + none},
		{"what does not compile", stream(t,
			event{Action: "build-output", ImportPath: "m/a", Output: "a.go:1: undefined: x\n"}, event{Action: "build-fail", ImportPath: "m/a"},
			output("", "FAIL\tm/a [build failed]"), ends("fail", "")) + "go: no such package\n",
			"a.go:1: undefined: x\nFAIL\tm/a [build failed]\ngo: no such package\n" + none},
		{"skips, by their reason", stream(t,
			output("TestA", "=== RUN   TestA"), output("TestA", "    a_test.go:1: no ffmpeg"), output("TestA", "        on PATH"), output("TestA", "--- SKIP: TestA (0.00s)"), ends("skip", "TestA"),
			output("TestB", "    b_test.go:9: no ffmpeg on PATH"), ends("skip", "TestB"),
			output("TestC", "--- SKIP: TestC (0.00s)"), ends("skip", "TestC"),
			output("", "ok  \tm/a\t0.1s"), ends("pass", "")),
			"ok  \tm/a\t0.1s\n\nSkipped:\n  m/a: TestA, TestB\n    no ffmpeg on PATH\n  m/a: TestC\n    no reason given\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			r := newReport(&got)
			if err := r.read(strings.NewReader(c.in)); err != nil {
				t.Fatal(err)
			}
			r.writeSkips()
			if got.String() != c.want {
				t.Errorf("want\n%s\ngot\n%s", c.want, got.String())
			}
		})
	}
}
