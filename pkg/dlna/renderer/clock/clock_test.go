package clock

import (
	"math/rand/v2"
	"testing"
	"time"
)

const (
	ms     = time.Millisecond
	second = time.Second
)

// A simulatedRenderer reports how much it has played.
type simulatedRenderer struct {
	skewPPM     float64
	least, most time.Duration // of a question and its answer
	reports     func(played time.Duration) time.Duration
	jumps       time.Duration // after an hour
	stalls      time.Duration // from then on
	rng         *rand.Rand
}

func wholeSeconds(played time.Duration) time.Duration { return played.Truncate(second) }

// roundedSeconds counts half a second too much, which is no matter.
func roundedSeconds(played time.Duration) time.Duration { return played.Round(second) }

// updatedEvery updates the reported position at an interval, and reports it with a resolution.
func updatedEvery(every, resolution time.Duration) func(time.Duration) time.Duration {
	return func(played time.Duration) time.Duration { return played.Truncate(every).Truncate(resolution) }
}

// played is what it has played that long after the start.
func (d *simulatedRenderer) played(since time.Duration) time.Duration {
	jumped := time.Duration(0)
	if since > time.Hour {
		jumped = d.jumps - min(d.stalls, since-time.Hour)
	}
	return time.Minute + time.Duration(float64(since)*(1+d.skewPPM*1e-6)) + jumped
}

// ask asks for the position, which is that of a random moment between question and answer.
func (d *simulatedRenderer) ask(begun, now time.Time) Sample {
	trip := d.least + time.Duration(d.rng.Int64N(int64(d.most-d.least)+1))
	arrived := now.Add(time.Duration(d.rng.Int64N(int64(trip) + 1)))
	return Sample{Asked: now, Answered: now.Add(trip), Rel: d.reports(d.played(arrived.Sub(begun)))}
}

// A measured is a reading compared with the true position.
type measured struct {
	at          time.Duration // since the beginning
	off, within time.Duration
}

// follow measures the clock of d for a time.
func follow(t *testing.T, d *simulatedRenderer, seekEdge bool, long time.Duration) (readings []measured, asked []time.Duration) {
	t.Helper()
	d.rng = rand.New(rand.NewPCG(1, 2))
	begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var c PositionClock
	c.Start(begun)
	for now := begun.Add(123 * ms); now.Sub(begun) < long; {
		a := d.ask(begun, now)
		asked = append(asked, now.Sub(begun))
		if p, ok := c.Add(a, seekEdge); ok {
			off := p.Rel - d.played(p.At.Sub(begun))
			readings = append(readings, measured{at: a.Answered.Sub(begun), off: off, within: p.Uncertainty})
		}
		if apart := c.due.Sub(a.Answered); apart < MinInterval || apart > 15*second {
			t.Fatalf("want the next question in good time, got it after %v", apart)
		}
		now = c.due.Add(time.Duration(d.rng.Int64N(int64(2 * ms)))) // timers are late
	}
	return readings, asked
}

type clockCase struct {
	name    string
	device  simulatedRenderer
	behind  time.Duration // what it reports is this much behind on average; what is allowed for it may be a little less
	learns  time.Duration // when it is known how much is to be allowed for
	finds   time.Duration // the first reading of the width below
	within  time.Duration // of nearly all readings
	wanders time.Duration // so far its seconds wander, slowly enough for a clock; 0: no
}

// known reports whether it can be known at such a time what the device does:
// when it jumps between two questions for a reading, that one is wrong.
func (c *clockCase) known(at time.Duration) bool {
	d := c.device
	jumping := (d.jumps != 0 || d.stalls != 0) && at > time.Hour && at < time.Hour+d.stalls+3*second
	return at > c.learns && !jumping
}

// wrongAtMost is how many of the readings may be wrong: for a device that is late
// by a varying time the tolerance is reduced again and again, and what wanders as
// slowly as a clock is detected only where it jumps back.
func (c *clockCase) wrongAtMost(readings int) int {
	if c.wanders > 0 {
		return readings / 10
	}
	if c.behind > 0 {
		return readings / 100
	}
	return 0
}

// Four hours of devices of every kind: no reading is further off than it says.
func TestReadings(t *testing.T) {
	cases := []clockCase{
		{name: "equal clocks", device: simulatedRenderer{least: 2 * ms, most: 3 * ms, reports: wholeSeconds},
			finds: 9 * second, within: 18 * ms},
		{name: "fast", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 3 * ms, reports: wholeSeconds},
			finds: 9 * second, within: 18 * ms},
		{name: "slow", device: simulatedRenderer{skewPPM: -300, least: 2 * ms, most: 3 * ms, reports: wholeSeconds},
			finds: 9 * second, within: 18 * ms},
		{name: "as fast as clocks are", device: simulatedRenderer{skewPPM: 450, least: 2 * ms, most: 3 * ms, reports: wholeSeconds},
			finds: 9 * second, within: 18 * ms},
		{name: "as slow as clocks are", device: simulatedRenderer{skewPPM: -450, least: 2 * ms, most: 10 * ms, reports: wholeSeconds},
			finds: 9 * second, within: 24 * ms},
		{name: "answers at once", device: simulatedRenderer{skewPPM: -300, reports: wholeSeconds},
			finds: 9 * second, within: 16 * ms},
		{name: "answers late", device: simulatedRenderer{skewPPM: 300, least: 40 * ms, most: 45 * ms, reports: wholeSeconds},
			finds: 9 * second, within: 60 * ms},
		{name: "answers late at times", device: simulatedRenderer{skewPPM: -300, least: 2 * ms, most: 40 * ms, reports: wholeSeconds},
			finds: 15 * second, within: 45 * ms},
		{name: "rounds", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: roundedSeconds},
			behind: -500 * ms, finds: 9 * second, within: 24 * ms},
		{name: "jumps ahead", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: wholeSeconds, jumps: 3 * second},
			finds: 9 * second, within: 24 * ms},
		{name: "jumps back", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: wholeSeconds, jumps: -3 * second},
			finds: 9 * second, within: 24 * ms},
		{name: "stops for 20 s", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: wholeSeconds, stalls: 20 * second},
			finds: 9 * second, within: 24 * ms},
		{name: "stops for 300 ms", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: wholeSeconds, stalls: 300 * ms},
			finds: 9 * second, within: 24 * ms},
		{name: "updates its position every 30 ms", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: updatedEvery(30300*time.Microsecond, second)},
			behind: 15 * ms, learns: 5 * time.Minute, finds: 12 * second, within: 60 * ms, wanders: 31 * ms},
		{name: "updates its position every 200 ms", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: updatedEvery(203700*time.Microsecond, second)},
			behind: 100 * ms, learns: 5 * time.Minute, finds: 12 * second, within: 1600 * ms},
		{name: "updates its position every 500 ms", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: updatedEvery(511*ms, second)},
			behind: 255 * ms, learns: 5 * time.Minute, finds: 12 * second, within: 2100 * ms},
		{name: "changes every 2 s", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: updatedEvery(2*second, second)},
			behind: 500 * ms, learns: 5 * time.Minute, finds: 20 * second, within: 3100 * ms},
		{name: "changes every 2003 ms", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: updatedEvery(2003*ms, second)},
			behind: 1000 * ms, learns: 5 * time.Minute, finds: 20 * second, within: 3100 * ms},
		{name: "thousandths", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 40 * ms, reports: updatedEvery(ms, ms)},
			finds: second, within: 48 * ms},
		{name: "tenths", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 40 * ms, reports: updatedEvery(100*ms, 100*ms)},
			finds: second, within: 148 * ms},
		{name: "thousandths, updated every 200 ms", device: simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: updatedEvery(203700*time.Microsecond, ms)},
			behind: 100 * ms, learns: 2 * time.Minute, finds: second, within: 430 * ms},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			readings, asked := follow(t, &c.device, true, 4*time.Hour)
			first, wide, wrong, last := time.Duration(0), 0, 0, measured{}
			for _, r := range readings {
				if first == 0 && r.within <= c.within {
					first = r.at
				}
				if r.within > c.within {
					wide++
				}
				if (r.off+c.behind).Abs() > r.within/2+2*ms+max(c.behind, 0)/4 && c.known(r.at) {
					wrong++
					last = r
				}
				if off := (r.off + c.behind).Abs(); c.wanders > 0 && off > c.wanders/2+r.within/2 {
					t.Errorf("want it no further off than the device itself, got %+v", r)
				}
			}
			t.Logf("%d readings, %d questions, the first good one after %v, %d wide, %d wrong (%+v)", len(readings), len(asked), first, wide, wrong, last)
			if first == 0 || first > c.finds {
				t.Errorf("want a reading within %v after %v, got it after %v", c.within, c.finds, first)
			}
			if wide > len(readings)/50 {
				t.Errorf("want nearly all within %v, got %d of %d wider", c.within, wide, len(readings))
			}
			if most := c.wrongAtMost(len(readings)); wrong > most {
				t.Errorf("want at most %d further off than they say, got %d of %d, as %+v", most, wrong, len(readings), last)
			}
		})
	}
}

// How often a device is asked, and how often that gives a reading.
func TestQuestionsPerMinute(t *testing.T) {
	hundredths := updatedEvery(10*ms, 10*ms)
	cases := []struct {
		name     string
		reports  func(time.Duration) time.Duration
		seekEdge bool
		from, to time.Duration
		asked    [2]int // at least and at most, a minute
		readings [2]int
	}{
		{"at first", wholeSeconds, true, 0, 2 * time.Minute, [2]int{55, 65}, [2]int{25, 40}},
		{"after 2 min", wholeSeconds, true, 3 * time.Minute, 10 * time.Minute, [2]int{20, 32}, [2]int{10, 14}},
		{"after 10 min", wholeSeconds, true, 11 * time.Minute, time.Hour, [2]int{11, 17}, [2]int{5, 7}},
		{"unsought", wholeSeconds, false, 11 * time.Minute, time.Hour, [2]int{12, 14}, [2]int{12, 14}},
		{"hundredths at first", hundredths, true, 0, 2 * time.Minute, [2]int{60, 70}, [2]int{60, 70}},
		{"hundredths after 2 min", hundredths, true, 3 * time.Minute, 10 * time.Minute, [2]int{12, 14}, [2]int{12, 14}},
		{"hundredths after 10 min", hundredths, true, 11 * time.Minute, time.Hour, [2]int{6, 7}, [2]int{6, 7}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			readings, asked := follow(t, &simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 10 * ms, reports: c.reports}, c.seekEdge, c.to)
			minutes := (c.to - c.from).Minutes()
			count := func(times []time.Duration) (n float64) {
				for _, at := range times {
					if at >= c.from {
						n++
					}
				}
				return n / minutes
			}
			var readAt []time.Duration
			for _, r := range readings {
				readAt = append(readAt, r.at)
			}
			if got := count(asked); got < float64(c.asked[0]) || got > float64(c.asked[1]) {
				t.Errorf("want %v questions a minute, got %.1f", c.asked, got)
			}
			if got := count(readAt); got < float64(c.readings[0]) || got > float64(c.readings[1]) {
				t.Errorf("want %v readings a minute, got %.1f", c.readings, got)
			}
		})
	}
}

// Where the edge is not looked for, a reading is as wide as a second, without bias.
func TestWithoutSeekingTheEdge(t *testing.T) {
	readings, _ := follow(t, &simulatedRenderer{skewPPM: 300, least: 2 * ms, most: 40 * ms, reports: wholeSeconds}, false, time.Hour)
	sum := time.Duration(0)
	for _, r := range readings {
		sum += r.off
		if r.within < second || r.within > second+45*ms || r.off.Abs() > r.within/2 {
			t.Errorf("want it right within a second, got %+v", r)
		}
	}
	if mean := sum / time.Duration(len(readings)); mean.Abs() > 30*ms {
		t.Errorf("want no bias, got %v", mean)
	}
}

// gmediarender 0.1 updates its position every 500.3 ms: its seconds turn later and
// later, half a second within a quarter of an hour, and then leap back. That
// is no clock to follow, but takes a while to be told from one that is 500 ppm off;
// who knows the device does not follow it at all.
func TestInfrequentUpdates(t *testing.T) {
	device := simulatedRenderer{least: 1 * ms, most: 3 * ms, reports: updatedEvery(500300*time.Microsecond, second)}
	readings, _ := follow(t, &device, true, 4*time.Hour)
	found, narrowAfter := time.Duration(0), 0
	for _, r := range readings {
		switch {
		case r.within >= second && found == 0:
			found = r.at
		case r.within < second && found > 0:
			narrowAfter++
		}
	}
	if found == 0 || found > 10*time.Minute {
		t.Errorf("want it found out within 10 minutes, got %v", found)
	}
	if narrowAfter > len(readings)/10 {
		t.Errorf("want it followed rarely afterwards, got %d of %d readings", narrowAfter, len(readings))
	}
}

// A position that changes every 5 s is soon not asked for more often than others.
func TestFiveSecondSteps(t *testing.T) {
	device := simulatedRenderer{least: 2 * ms, most: 10 * ms, reports: updatedEvery(5*second, second)}
	readings, asked := follow(t, &device, true, time.Hour)
	late := 0
	for _, at := range asked {
		if at > 10*time.Minute {
			late++
		}
	}
	if late > 50*20 {
		t.Errorf("want at most 20 questions a minute, got %d in 50", late)
	}
	for _, r := range readings {
		if r.within < second {
			t.Errorf("want wide readings, got %+v", r)
		}
	}
}

// Whatever is reported, questions keep their distance and readings make sense.
func FuzzPositionClock(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add([]byte("\xf3\x8e\x00\x00\x02\x00\x00t\x00@\x00\xfe")) // a contradiction by more than is ever allowed for
	f.Add([]byte{200, 0, 0, 250, 255, 255, 3, 255, 1, 2, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var c PositionClock
		c.Start(now)
		for ; len(b) >= 4; b = b[4:] {
			now = later(now.Add(time.Duration(b[0])*40*ms), c.due)
			trip := time.Duration(b[1]) * 16 * ms
			rel := time.Duration(b[2]) << (b[3] % 48)
			p, ok := c.Add(Sample{Asked: now, Answered: now.Add(trip), Rel: rel}, b[3]&128 == 0)
			now = now.Add(trip)
			if ok && (p.Uncertainty <= 0 || p.Uncertainty > trip+second+maxTolerance || p.At.After(now)) {
				t.Fatalf("want a reading that makes sense, got %+v", p)
			}
			if wait := c.due.Sub(now); wait < MinInterval || wait > 15*second {
				t.Fatalf("want the next question in good time, got it after %v", wait)
			}
			if c.tolerance < minTolerance || c.tolerance > maxTolerance || c.offset.empty() {
				t.Fatalf("want bounds kept, got %+v", c)
			}
		}
	})
}
