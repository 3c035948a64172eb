package raop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

// driftingAt is the sender's clock after d, if it gains rate.
func driftingAt(d time.Duration, rate float64) rtp.NTPTime {
	return remoteAt(d + time.Duration(float64(d)*rate))
}

// TestClockFollowsDrift asks a sender for ten minutes whose clock runs off,
// over a radio link whose ways take up to 20 ms, each another time.
func TestClockFollowsDrift(t *testing.T) {
	for _, rate := range []float64{0, 20e-6, 100e-6, -100e-6, 300e-6, -300e-6, 900e-6} {
		t.Run(fmt.Sprintf("%+.0f ppm", rate*1e6), func(t *testing.T) {
			var c clock
			random := rand.New(rand.NewPCG(1, 2))
			way := func() time.Duration {
				return time.Millisecond + time.Duration(random.ExpFloat64()*5e6)%(20*time.Millisecond)
			}
			for at := time.Duration(0); at < 10*time.Minute; at += steadyTiming {
				there, back := way(), way()
				question := c.request(begin.Add(at))
				stamp := driftingAt(at+there, rate)
				c.reply(rtp.TimingReply{Origin: question.Transmit, Receive: stamp, Transmit: stamp}, begin.Add(at+there+back))
				if at < 2*time.Minute {
					continue
				}
				now := at + steadyTiming
				got, _ := translate(&c, driftingAt(now, rate), begin.Add(now))
				if off := got.Sub(begin.Add(now)).Abs(); off > 4*time.Millisecond {
					t.Fatalf("after %v: off by %v", now, off)
				}
			}
			if off := math.Abs(c.drift.rate - rate); off > 30e-6 {
				t.Errorf("want %.0f ppm, got %.1f", rate*1e6, c.drift.rate*1e6)
			}
		})
	}
}

// TestFewSamplesSayLittleOfDrift gives two replies 0.3 s apart whose errors,
// taken at their word, would make thousands of ppm.
func TestFewSamplesSayLittleOfDrift(t *testing.T) {
	var c clock
	exchange(&c, 0, 5*time.Millisecond, 0)
	exchange(&c, quickTiming, 0, 5*time.Millisecond)
	if got := math.Abs(c.drift.rate); got > 10e-6 {
		t.Errorf("want next to nothing, got %.1f ppm", got*1e6)
	}
	if got := c.drift.doubt; got < usualDrift/2 {
		t.Errorf("want %.0f ppm of doubt, got %.1f", usualDrift*1e6, got*1e6)
	}
}

// TestClockNoticesThatTheSendersIsSet moves the sender's clock by a second, as
// a time server does.
func TestClockNoticesThatTheSendersIsSet(t *testing.T) {
	for _, jump := range []time.Duration{time.Second, -time.Second, 40 * time.Millisecond} {
		var c clock
		for i := range 20 {
			exchange(&c, time.Duration(i)*steadyTiming, time.Millisecond, time.Millisecond)
		}
		at := 20 * steadyTiming
		question := c.request(begin.Add(at))
		stamp := remoteAt(at + time.Millisecond + jump)
		if !c.reply(rtp.TimingReply{Origin: question.Transmit, Receive: stamp, Transmit: stamp}, begin.Add(at+2*time.Millisecond)) {
			t.Fatalf("%v: a good reply was refused", jump)
		}
		got, _ := translate(&c, remoteAt(at+jump), begin.Add(at))
		if off := got.Sub(begin.Add(at)).Abs(); off > time.Millisecond {
			t.Errorf("%v: off by %v", jump, off)
		}
	}
}

// TestALongWayIsNoStep gives a reply that is 60 ms off, and may be.
func TestALongWayIsNoStep(t *testing.T) {
	var c clock
	exchange(&c, 0, time.Millisecond, time.Millisecond)
	exchange(&c, steadyTiming, 120*time.Millisecond, 0)
	got, _ := translate(&c, remoteAt(steadyTiming), begin.Add(steadyTiming))
	if off := got.Sub(begin.Add(steadyTiming)).Abs(); off > time.Millisecond {
		t.Errorf("off by %v", off)
	}
	if c.taken != 2 {
		t.Errorf("want both samples kept, got %d", c.taken)
	}
}
