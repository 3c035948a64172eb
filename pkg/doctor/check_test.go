package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// fixed is a check with a known result.
func fixed(name string, status Status, below ...Check) Check {
	return Check{
		Name: name,
		Run:  func(context.Context) Result { return Result{Status: status, Seen: name + " was seen"} },
		Then: func() []Check { return below },
	}
}

// shape writes a tree in one line: "a=ok(b=failed)".
func shape(findings []Finding) string {
	var parts []string
	for _, f := range findings {
		part := f.Name + "=" + f.Status.String()
		if len(f.Below) > 0 {
			part += "(" + shape(f.Below) + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestEvaluate(t *testing.T) {
	leaf := fixed("leaf", OK)
	cases := []struct {
		name string
		in   []Check
		want string
	}{
		{"nothing", nil, ""},
		{"order is kept", []Check{fixed("a", OK), fixed("b", Note), fixed("c", Failed)}, "a=ok b=note c=failed"},
		{"below what is well", []Check{fixed("a", OK, leaf)}, "a=ok(leaf=ok)"},
		{"below a warning", []Check{fixed("a", Warning, leaf)}, "a=warning(leaf=ok)"},
		{"below what was skipped", []Check{fixed("a", Skipped, leaf)}, "a=skipped(leaf=ok)"},
		{"below a failure", []Check{fixed("a", Failed, fixed("b", OK, leaf))}, "a=failed(b=skipped(leaf=skipped))"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := shape(evaluate(t.Context(), c.in)); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

func TestEvaluateSaysWhySkipped(t *testing.T) {
	got := evaluate(t.Context(), []Check{fixed("cable", Failed, fixed("sound", OK))})
	if want := `not checked: "cable" failed`; got[0].Below[0].Seen != want {
		t.Errorf("want %q, got %q", want, got[0].Below[0].Seen)
	}
}

func TestEvaluateEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := shape(evaluate(ctx, []Check{fixed("a", OK, fixed("b", OK))})); got != "a=skipped(b=skipped)" {
		t.Errorf("want all skipped, got %q", got)
	}
}

func TestEvaluateBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		slow := Check{Name: "slow", Run: func(ctx context.Context) Result {
			most.Store(max(most.Load(), running.Add(1)))
			<-ctx.Done()
			running.Add(-1)
			return skip("cut short")
		}}
		began := time.Now()
		evaluate(t.Context(), []Check{slow, slow, slow, slow, slow, slow, slow, slow, slow, slow})
		if took := time.Since(began); took != 2*checkTimeout || most.Load() != checksAtOnce {
			t.Errorf("want %d at once for %v each, got %d, %v in all", checksAtOnce, checkTimeout, most.Load(), took)
		}
	})
}

func TestExitCode(t *testing.T) {
	cases := []struct {
		in   []Check
		want int
	}{
		{nil, 0},
		{[]Check{fixed("a", OK, fixed("b", Warning)), fixed("c", Note), fixed("d", Skipped)}, 0},
		{[]Check{fixed("a", OK, fixed("b", OK, fixed("c", Failed)))}, 1},
	}
	for _, c := range cases {
		r := Report{Findings: evaluate(t.Context(), c.in)}
		if got := r.ExitCode(); got != c.want {
			t.Errorf("%s: want %d, got %d", shape(r.Findings), c.want, got)
		}
	}
}

var report = Report{
	Began: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
	Took:  1234 * time.Millisecond,
	Findings: []Finding{
		{Name: "first", Result: Result{Status: OK, Seen: "all well"}},
		{
			Name: "second",
			Result: Result{
				Status: Warning, Seen: "something", Means: "trouble",
				Do: []Step{{Text: "Do this:", Paste: "one\ntwo"}, {Text: "Or wait."}},
			},
			Below: []Finding{{Name: "third", Result: Result{Status: Failed, Seen: "worse", Means: "silence"}}},
		},
	},
}

func TestWriteText(t *testing.T) {
	const want = `ok       first: all well
warning  second: something
         means: trouble
         do:    Do this:
                    one
                    two
         do:    Or wait.
  failed   third: worse
           means: silence

failed: 1, warnings: 1, notes: 0 (1.2s)
`
	var got strings.Builder
	if err := report.WriteText(&got); err != nil || got.String() != want {
		t.Errorf("%v, want\n%s\ngot\n%s", err, want, got.String())
	}
}

func TestWriteJSON(t *testing.T) {
	var b strings.Builder
	if err := report.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Status string
		TookMS int `json:"took_ms"`
		Checks []struct {
			Name, Status, Seen, Means string
			Do                        []struct{ Text, Paste string }
			Checks                    []struct{ Name, Status string }
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := `{Status:failed TookMS:1234 Checks:[` +
		`{Name:first Status:ok Seen:all well Means: Do:[] Checks:[]} ` +
		`{Name:second Status:warning Seen:something Means:trouble Do:[{Text:Do this: Paste:one` + "\n" + `two} {Text:Or wait. Paste:}] Checks:[{Name:third Status:failed}]}]}`
	if s := fmt.Sprintf("%+v", got); s != want {
		t.Errorf("want\n%s\ngot\n%s", want, s)
	}
}

func TestOneLine(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain", "Küche", "Küche"},
		{"white space", " a\tb\r\nc  d ", "a b c d"},
		{"escape sequence", "a\x1b[2Jb", "a?[2Jb"},
		{"bell and delete", "a\ab\x7f", "a?b?"},
		{"C1 control", "a\u009b2Jb", "a?2Jb"},
		{"right to left", "a\u202eb", "a?b"},
		{"broken UTF-8", "a\xff\xfeb", "a?b"},
		{"endless", strings.Repeat("ä", 2*maxTextRunes), strings.Repeat("ä", maxTextRunes) + "..."},
		{"as long as allowed", strings.Repeat("ä", maxTextRunes), strings.Repeat("ä", maxTextRunes)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := oneLine(c.in); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

// Whatever a check takes over from others, none of it reaches the terminal raw.
func FuzzReportIsPrintable(f *testing.F) {
	f.Add("Küche\x1b[31m", "a\nb", "rm -rf /\r\n\x00")
	f.Fuzz(func(t *testing.T, name, seen, paste string) {
		c := Check{Name: name, Run: func(context.Context) Result {
			return Result{Status: Warning, Seen: seen, Means: seen, Do: []Step{{Text: name, Paste: paste}}}
		}}
		var b strings.Builder
		if err := (Report{Findings: evaluate(context.Background(), []Check{c})}).WriteText(&b); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Fatalf("%q of %q", r, b.String())
			}
		}
	})
}
