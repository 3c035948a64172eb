package raop

import (
	"fmt"
	"strconv"
	"strings"
)

// rtpInfo is the RTP-Info header: the first packet that a RECORD announces, or the
// first one that a FLUSH does not discard.
type rtpInfo struct {
	seq       uint16
	timestamp uint32 // frames
	known     bool   // both were given
}

// parseRTPInfo reads "seq=17768;rtptime=1852503982". An absent header, or one with
// only one of the two, is no error: known is false then.
func parseRTPInfo(header string) (rtpInfo, error) {
	var info rtpInfo
	var haveSeq, haveTimestamp bool
	for parameter := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		var err error
		switch strings.ToLower(name) {
		case "seq":
			info.seq, err = parse16(value)
			haveSeq = true
		case "rtptime":
			info.timestamp, err = parse32(value)
			haveTimestamp = true
		}
		if err != nil {
			return rtpInfo{}, fmt.Errorf("%w: RTP-Info: %s: %w", ErrMalformed, name, err)
		}
	}
	if !haveSeq || !haveTimestamp {
		return rtpInfo{}, nil
	}
	info.known = true
	return info, nil
}

func parse16(s string) (uint16, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
	return uint16(n), err
}

func parse32(s string) (uint32, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	return uint32(n), err
}
