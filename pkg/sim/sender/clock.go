package sender

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

// A clock is the sender's own: it began some time ago and runs fast or slow.
type clock struct {
	began time.Time
	rate  float64 // seconds on this clock a real second
}

func newClock(driftPPM float64) clock {
	return clock{began: time.Now(), rate: 1 + driftPPM/1e6}
}

// now is the clock's reading since it began.
func (c clock) now() time.Duration {
	return time.Duration(float64(time.Since(c.began)) * c.rate)
}

// until is how long to wait, in real time, for the clock to read at.
func (c clock) until(at time.Duration) time.Duration {
	return time.Until(c.began.Add(time.Duration(float64(at) / c.rate)))
}

// ntp is a reading as packets carry it. Its epoch is the clock's beginning plus
// 70 years, as with senders that count from their boot: receivers must not take
// it for the time of day.
func ntp(reading time.Duration) rtp.NTPTime {
	return rtp.NTPFromTime(time.Unix(0, 0).Add(reading))
}
