package stream

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	// openEnd means "to the end", which is not known of a live stream.
	openEnd = -1
	// fakeLength is 3.4 hours of CD sound as WAV: the greatest number that all
	// players can hold.
	fakeLength = 1<<31 - 1
)

// A byteRange is one range of a Range header: first-last, both included, or
// first- with last == openEnd.
type byteRange struct {
	first, last int64
	suffix      bool // "-n": the last n bytes, which a live stream does not have
}

// parseRange reads a Range header (RFC 9110 section 14.2). ok is false for
// everything that a server may ignore: no range, another unit, several
// ranges, nonsense.
func parseRange(header string) (r byteRange, ok bool) {
	unit, set, found := strings.Cut(strings.TrimSpace(header), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return byteRange{}, false
	}
	from, to, found := strings.Cut(set, "-")
	if !found {
		return byteRange{}, false
	}
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if from == "" {
		_, ok := parsePosition(to)
		return byteRange{suffix: ok}, ok
	}
	first, ok := parsePosition(from)
	if !ok {
		return byteRange{}, false
	}
	if to == "" {
		return byteRange{first: first, last: openEnd}, true
	}
	last, ok := parsePosition(to)
	if !ok || last < first {
		return byteRange{}, false
	}
	return byteRange{first: first, last: last}, true
}

// parsePosition reads digits and nothing else, no sign.
func parsePosition(s string) (int64, bool) {
	v, err := strconv.ParseUint(s, 10, 63)
	return int64(v), err == nil
}

// whole reports whether r is the whole stream.
func (r byteRange) whole() bool { return !r.suffix && r.first == 0 && r.last == openEnd }

// contentRange is the Content-Range header for r.
func (r byteRange) contentRange(last int64) string {
	return "bytes " + strconv.FormatInt(r.first, 10) + "-" + strconv.FormatInt(last, 10) + "/" + strconv.Itoa(fakeLength)
}

// String writes r as a Range header does.
func (r byteRange) String() string {
	if r.last == openEnd {
		return "bytes=" + strconv.FormatInt(r.first, 10) + "-"
	}
	return "bytes=" + strconv.FormatInt(r.first, 10) + "-" + strconv.FormatInt(r.last, 10)
}

// kept is the positions of a stream that can be sent: [0, head) always, and
// [start, end) from the ring. start <= header means that nothing is lost.
type kept struct{ header, head, start, end int64 }

// has reports whether a reader can begin at pos and go on from there.
func (k kept) has(pos int64) bool {
	whole := k.start <= k.header
	return pos <= k.end && (whole || pos >= k.start)
}

// decide turns a request into the answer's status and, for 206, the range that it
// promises (last is openEnd when the answer has no end). The answer is the range
// itself if its bytes are kept; the live stream (200) if the player wants to continue
// at a position that is no longer or not yet kept; 416 for any other range. sized
// means that the answer has a Content-Length.
//
//	no Range                 200
//	bytes=0-   sized         206, no end: from the start, or the live stream
//	bytes=0-   else          200
//	bytes=5-   kept          206, no end
//	bytes=5-   not kept      200
//	bytes=0-1  kept          206, just these
//	bytes=0-1  not kept      416
//	bytes=-9                 416
func decide(r byteRange, asked, sized bool, k kept) (status int, promised byteRange) {
	switch {
	case !asked:
		return http.StatusOK, byteRange{last: openEnd}
	case r.whole():
		if sized { // Linn players need this
			return http.StatusPartialContent, r
		}
		return http.StatusOK, r
	case r.suffix:
		return http.StatusRequestedRangeNotSatisfiable, byteRange{}
	case r.last == openEnd:
		if k.has(r.first) && r.first < fakeLength {
			return http.StatusPartialContent, r
		}
		return http.StatusOK, byteRange{last: openEnd}
	}
	r.last = min(r.last, fakeLength-1)
	if r.first <= r.last && (r.last < k.head || k.has(r.first)) {
		return http.StatusPartialContent, r
	}
	return http.StatusRequestedRangeNotSatisfiable, byteRange{}
}
