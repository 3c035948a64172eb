package rtp

import "time"

// unixToNTP is the distance of the epochs 1900 and 1970 in seconds (RFC 868).
const unixToNTP = 2208988800

// NTPTime is a clock reading of 32 bits of seconds and 32 bits of fraction
// (RFC 5905 section 6). A sender's epoch is arbitrary (1900, 1970, its boot),
// so two readings compare only when they come from the same clock.
type NTPTime uint64

// NTPFromTime is t in seconds since 1900. The seconds wrap in 2036.
func NTPFromTime(t time.Time) NTPTime {
	seconds := uint64(t.Unix() + unixToNTP)
	fraction := (uint64(t.Nanosecond())<<32 + uint64(time.Second)/2) / uint64(time.Second)
	return NTPTime(seconds<<32 + fraction)
}

// Sub is the time from b to a, rounded to a nanosecond. It stays right
// across a wrap of the seconds when the two are less than 68 years apart.
func (a NTPTime) Sub(b NTPTime) time.Duration {
	distance := int64(a - b)
	seconds, fraction := distance>>32, distance&(1<<32-1)
	nanoseconds := (fraction*int64(time.Second) + 1<<31) >> 32
	return time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
}
