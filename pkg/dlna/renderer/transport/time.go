package transport

import (
	"strconv"
	"strings"
	"time"
)

// maxHours is the longest plausible position.
const maxHours = 10000

// parseTime reads "H+:MM:SS", "H+:MM:SS.F+" and "H+:MM:SS.F0/F1"
// (AVTransport:1 section 2.2.15), down to a millisecond. ok is false for
// anything else, as "NOT_IMPLEMENTED".
func parseTime(s string) (at time.Duration, ok bool) {
	parts := strings.Split(strings.TrimSpace(s), ":")
	if len(parts) != 3 {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(parts[2], ".")
	hours, errH := strconv.ParseUint(parts[0], 10, 32)
	minutes, errM := strconv.ParseUint(parts[1], 10, 8)
	seconds, errS := strconv.ParseUint(whole, 10, 8)
	if errH != nil || errM != nil || errS != nil || hours > maxHours || minutes > 59 || seconds > 59 {
		return 0, false
	}
	at = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
	return at + parseFraction(fraction), true
}

// parseFraction reads the fraction of a second after the point; 0 if it is malformed.
func parseFraction(s string) time.Duration {
	if above, below, ok := strings.Cut(s, "/"); ok {
		num, errN := strconv.ParseUint(above, 10, 16)
		den, errD := strconv.ParseUint(below, 10, 16)
		if errN != nil || errD != nil || num >= den {
			return 0
		}
		return time.Second * time.Duration(num) / time.Duration(den)
	}
	thousandths, err := strconv.ParseUint((s + "000")[:3], 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(thousandths) * time.Millisecond
}
