package raop

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

// begin is when a test's local clock starts; bootEpoch is what the sender's
// clock says then, counted from its own start as PulseAudio counts.
var begin = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

const bootEpoch rtp.NTPTime = 0x83aa7e80_00000000

// remoteAt is the sender's clock after d.
func remoteAt(d time.Duration) rtp.NTPTime {
	return bootEpoch + rtp.NTPFromTime(begin.Add(d)) - rtp.NTPFromTime(begin)
}

// exchange asks at a time and answers after each way's delay.
func exchange(c *clock, at, there, back time.Duration) bool {
	question := c.request(begin.Add(at))
	reply := rtp.TimingReply{Origin: question.Transmit, Receive: remoteAt(at + there), Transmit: remoteAt(at + there)}
	return c.reply(reply, begin.Add(at+there+back))
}

// translate is our time at the sender's time remote, by what c knows at now.
func translate(c *clock, remote rtp.NTPTime, now time.Time) (at time.Time, known bool) {
	best, known := c.best(now)
	if !known {
		return time.Time{}, false
	}
	return c.carry(best, remote), true
}

func TestClockTranslates(t *testing.T) {
	var c clock
	if _, known := translate(&c, bootEpoch, begin); known {
		t.Error("an empty clock knows the time")
	}
	if !exchange(&c, time.Second, 5*time.Millisecond, 5*time.Millisecond) {
		t.Fatal("a good reply was refused")
	}
	for _, d := range []time.Duration{-time.Hour, 0, time.Second, 3 * time.Hour} {
		got, known := translate(&c, remoteAt(d), begin.Add(2*time.Second))
		if want := begin.Add(d); !known || got.Sub(want).Abs() > time.Microsecond {
			t.Errorf("%v: want %v, got %v, %v", d, want, got, known)
		}
	}
}

func TestClockAccountsForTimeHeld(t *testing.T) {
	var c clock
	question := c.request(begin)
	reply := rtp.TimingReply{Origin: question.Transmit, Receive: remoteAt(10 * time.Millisecond), Transmit: remoteAt(110 * time.Millisecond)}
	if !c.reply(reply, begin.Add(120*time.Millisecond)) {
		t.Fatal("a good reply was refused")
	}
	best, _ := c.best(begin)
	if want := 20 * time.Millisecond; (best.rtt - want).Abs() > time.Microsecond {
		t.Errorf("want round trip %v, got %v", want, best.rtt)
	}
	got, _ := translate(&c, remoteAt(0), begin)
	if got.Sub(begin).Abs() > time.Microsecond {
		t.Errorf("want %v, got %v", begin, got)
	}
}

func TestClockRefuses(t *testing.T) {
	var c clock
	unasked := rtp.TimingReply{Origin: 0x83aa84e1beb8a392, Receive: 0x83aa84e1beb8a392, Transmit: 0x83aa84e1beb8a43e}
	if c.reply(unasked, begin) || c.reply(rtp.TimingReply{}, begin) {
		t.Error("a reply that nobody asked for was taken")
	}
	if exchange(&c, 0, maxRTT, time.Millisecond) {
		t.Error("a reply after a long way was taken")
	}
	backwards := rtp.TimingReply{Origin: c.request(begin).Transmit, Receive: remoteAt(time.Second), Transmit: remoteAt(0)}
	if c.reply(backwards, begin.Add(time.Millisecond)) {
		t.Error("a reply sent before its request came was taken")
	}
	impossible := rtp.TimingReply{Origin: c.request(begin).Transmit, Receive: remoteAt(0), Transmit: remoteAt(time.Second)}
	if c.reply(impossible, begin.Add(time.Millisecond)) {
		t.Error("a reply held for longer than it was away was taken")
	}
	good := rtp.TimingReply{Origin: c.request(begin).Transmit, Receive: remoteAt(0), Transmit: remoteAt(0)}
	if !c.reply(good, begin.Add(time.Millisecond)) || c.reply(good, begin.Add(time.Millisecond)) {
		t.Error("a reply counts once")
	}
	old := c.request(begin)
	for i := range maxOutstanding {
		c.request(begin.Add(time.Duration(i+1) * time.Second))
	}
	late := rtp.TimingReply{Origin: old.Transmit, Receive: remoteAt(0), Transmit: remoteAt(0)}
	if c.reply(late, begin.Add(time.Millisecond)) {
		t.Error("a reply to a forgotten question was taken")
	}
}

func TestClockPrefersShortWays(t *testing.T) {
	var c clock
	exchange(&c, 0, 90*time.Millisecond, 0) // 45 ms wrong
	exchange(&c, 300*time.Millisecond, time.Millisecond, time.Millisecond)
	exchange(&c, 600*time.Millisecond, 0, 100*time.Millisecond) // 50 ms wrong the other way
	got, _ := translate(&c, remoteAt(0), begin.Add(time.Second))
	if got.Sub(begin).Abs() > time.Microsecond {
		t.Errorf("off by %v", got.Sub(begin))
	}
}

func TestClockForgets(t *testing.T) {
	var c clock
	exchange(&c, 0, 0, 0)
	for i := range clockWindow {
		exchange(&c, time.Duration(i+1)*steadyTiming, 5*time.Millisecond, 5*time.Millisecond)
	}
	if best, _ := c.best(begin.Add(time.Minute)); best.rtt < 9*time.Millisecond {
		t.Error("a sample older than the window is still trusted")
	}
}

func TestClockDriftAgesSamples(t *testing.T) {
	var c clock
	exchange(&c, 0, time.Millisecond, time.Millisecond) // may have drifted 4 ms after 40 s
	exchange(&c, 40*time.Second, 2*time.Millisecond, 2*time.Millisecond)
	if best, _ := c.best(begin.Add(40 * time.Second)); best.rtt < 3*time.Millisecond {
		t.Error("an old sample is preferred to a fresh one that is nearly as good")
	}
}
