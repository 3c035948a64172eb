package doctor

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// A practice is a Background whose looks find what the test says, each within a
// second.
type practice struct {
	*Background
	began time.Time
	looks []time.Duration // after the start
	log   bytes.Buffer

	mu    sync.Mutex // guards below
	finds []Finding
}

// find has the looks from now on find something.
func (p *practice) find(f ...Finding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finds = f
}

// found is what a look finds.
func (p *practice) found() []Finding {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.finds
}

// practise runs a Background until the test ends.
func practise(t *testing.T) *practice {
	t.Helper()
	p := &practice{began: time.Now()}
	p.Background = NewBackground(BackgroundOptions{Log: zerolog.New(&p.log), Examine: func(ctx context.Context) Report {
		p.looks = append(p.looks, time.Since(p.began))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
		return Report{Began: p.began, Took: time.Second, Findings: p.found()}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return p
}

// at waits until so long after the start.
func (p *practice) at(after time.Duration) {
	time.Sleep(time.Until(p.began.Add(after)))
	synctest.Wait()
}

func (p *practice) want(t *testing.T, looks ...time.Duration) {
	t.Helper()
	if len(p.looks) != len(looks) {
		t.Fatalf("want looks after %v, got %v", looks, p.looks)
	}
	for i := range looks {
		if p.looks[i] != looks[i] {
			t.Errorf("want looks after %v, got %v", looks, p.looks)
		}
	}
}

func TestBackgroundLooks(t *testing.T) {
	const second, minute = time.Second, time.Minute
	failed := []Finding{{Name: "a", Result: Result{Status: Failed}}}
	cases := []struct {
		name string
		do   func(p *practice)
		want []time.Duration // looks within half an hour
	}{
		{"once where all is well", func(*practice) {}, []time.Duration{15 * second}},
		{"an alarm before the first look", func(p *practice) { p.Alarm() }, []time.Duration{15 * second}},
		{"an alarm soon", func(p *practice) { p.at(minute); p.Alarm(); p.at(2 * minute); p.Alarm() }, []time.Duration{15 * second, 10*minute + 16*second}},
		{"an alarm late", func(p *practice) { p.at(20 * minute); p.Alarm() }, []time.Duration{15 * second, 20 * minute}},
		{"asked for", func(p *practice) { p.Examine(); p.Examine() }, []time.Duration{0, 15 * second}},
		{"asked for again and again", func(p *practice) { p.at(minute); p.Examine(); p.at(minute + 2*second); p.Examine(); p.Examine() },
			[]time.Duration{15 * second, minute, minute + 11*second}},
		{"while something is failed", func(p *practice) { p.find(failed...) }, []time.Duration{15 * second, 10*minute + 16*second, 20*minute + 17*second}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := practise(t)
				c.do(p)
				p.at(29 * minute)
				p.want(t, c.want...)
			})
		})
	}
}

// Each trouble is told once when it comes and once when it went.
func TestBackgroundLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := practise(t)
		p.find(Finding{Name: "speakers", Below: []Finding{{Name: "Kitchen", Result: Result{
			Status: Failed, Seen: "no route", Means: "it is silent", Do: []Step{{Text: "Look:", Paste: "ip route\nip addr"}, {Text: "Or wait."}},
		}}}})
		p.at(11 * time.Minute) // two looks
		p.find(Finding{Name: "watched", Watched: true, Result: Result{Status: Failed}})
		p.at(21 * time.Minute)
		lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
		wants := []string{
			`{"level":"warn","check":"speakers > Kitchen","status":"failed","seen":"no route","means":"it is silent","do":"Look: ip route; ip addr | Or wait.","message":"the doctor found a problem"}`,
			`{"level":"info","failed":1,"warnings":0,"notes":0,"took":1000,"message":"the doctor has run its checks"}`,
			`{"level":"info","failed":1,"warnings":0,"notes":0,"took":1000,"message":"the doctor has run its checks"}`,
			`{"level":"info","check":"speakers > Kitchen","message":"problem resolved"}`,
			`{"level":"info","failed":1,"warnings":0,"notes":0,"took":1000,"message":"the doctor has run its checks"}`,
		}
		if len(lines) != len(wants) {
			t.Fatalf("want %d lines, got %s", len(wants), &p.log)
		}
		for i, want := range wants {
			if lines[i] != want {
				t.Errorf("want %s\ngot  %s", want, lines[i])
			}
		}
	})
}

func TestBackgroundJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := practise(t)
		shown := func() string {
			var b strings.Builder
			if err := p.WriteJSON(&b); err != nil {
				t.Error(err)
			}
			return strings.TrimSpace(b.String())
		}
		if got, want := shown(), `{"running":false,"report":null}`; got != want {
			t.Errorf("want %s, got %s", want, got)
		}
		p.find(Finding{Name: "a", Result: Result{Status: OK, Seen: "b"}})
		p.at(15 * time.Second)
		if got, want := shown(), `{"running":true,"report":null}`; got != want {
			t.Errorf("want %s, got %s", want, got)
		}
		p.at(17 * time.Second)
		want := `{"running":false,"report":{"status":"ok","began":"2000-01-01T00:00:00Z","took_ms":1000,"checks":[{"name":"a","status":"ok","seen":"b"}]}}`
		if got := shown(); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	})
}

// A look that the end cuts short says nothing, and holds nothing up.
func TestBackgroundEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := NewBackground(BackgroundOptions{Log: zerolog.New(&log), Examine: func(ctx context.Context) Report {
			<-ctx.Done()
			return Report{Findings: []Finding{{Name: "a", Result: Result{Status: Failed}}}}
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := r.Run(ctx); err != nil || len(r.Report().Findings) > 0 || log.Len() > 0 {
			t.Errorf("want no word, got %v, %+v, %s", err, r.Report(), &log)
		}
	})
}
