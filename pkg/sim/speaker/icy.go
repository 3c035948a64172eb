package speaker

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// ICY metadata as players of internet radio know it: after each so many bytes
// of sound one byte n, and a text of 16n bytes.
const (
	icyUnit = 16
	icyOpen = "StreamTitle='"
	icyEnd  = "';"
	// maxStreamTitles bounds what is remembered.
	maxStreamTitles = 64
)

// An icyReader takes the metadata out of a stream.
type icyReader struct {
	r        io.Reader
	interval int // bytes of sound between two blocks
	left     int // of them until the next
	onTitle  func(title string)
}

// withoutICY gives the sound of an answer, whose metadata, if it has any, goes
// to the output.
func (p *player) withoutICY(resp *http.Response) (io.Reader, error) {
	text := resp.Header.Get("Icy-Metaint")
	if text == "" {
		return resp.Body, nil
	}
	interval, err := strconv.Atoi(text)
	if err != nil || interval <= 0 {
		return nil, fmt.Errorf("icy-metaint %q", text)
	}
	p.out.setStation(resp.Header.Get("Icy-Name"))
	return &icyReader{r: resp.Body, interval: interval, left: interval, onTitle: p.out.addTitle}, nil
}

func (i *icyReader) Read(b []byte) (int, error) {
	if i.left == 0 {
		if err := i.block(); err != nil {
			return 0, err
		}
		i.left = i.interval
	}
	n, err := i.r.Read(b[:min(i.left, len(b))])
	i.left -= n
	return n, err
}

// block reads one block; an empty one says that the title stays.
func (i *icyReader) block() error {
	var units [1]byte
	if _, err := io.ReadFull(i.r, units[:]); err != nil {
		return err
	}
	text := make([]byte, icyUnit*int(units[0]))
	if _, err := io.ReadFull(i.r, text); err != nil {
		return fmt.Errorf("icy: %w", err)
	}
	if len(text) == 0 {
		return nil
	}
	title, ok := strings.CutPrefix(string(text), icyOpen)
	title, _, whole := strings.Cut(title, icyEnd)
	if !ok || !whole {
		return fmt.Errorf("icy: no title in %q", text)
	}
	i.onTitle(title)
	return nil
}

// setStation notes what a stream calls itself.
func (o *output) setStation(station string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.station = station
}

// addTitle notes a title that came inside the stream.
func (o *output) addTitle(title string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.titles) < maxStreamTitles {
		o.titles = append(o.titles, title)
	}
}
