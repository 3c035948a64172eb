package quirk

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	maxDevices    = 256 // beyond that, the one used longest ago is dropped
	maxFieldBytes = 512 // of each text
	// rewriteAfter is how outdated the time of a device's last use may get in the
	// file, to reduce writes to flash cards.
	rewriteAfter = 24 * time.Hour
)

// A Memory stores the format that worked for each device, by its UDN, and where the
// device was. It may be used by several goroutines, none of which waits for the disk:
// the file is written by Run.
type Memory struct {
	path    string                                  // "": in memory only
	replace func(path string, content []byte) error // replaceFile, except in tests
	dirtyC  chan struct{}                           // a token when there is something to write

	mu      sync.Mutex // guards all below
	devices map[string]record
	dirty   bool  // devices differ from the file
	saveErr error // of the last write, or of the check in OpenMemory
}

// A record is a StreamFormat in the file, without what comes from the traits.
type record struct {
	Codec    string    `json:"codec"`
	Length   string    `json:"length"`
	Class    string    `json:"class"`
	MIME     string    `json:"mime"`
	Features string    `json:"features"`
	UsedAt   time.Time `json:"used_at"`
	Location string    `json:"location,omitempty"`
	From     string    `json:"from,omitempty"` // address that announced Location
}

// A Place is where a device was when it played.
type Place struct {
	Location string     // URL of its description
	From     netip.Addr // the address that announced it
}

// valid reports whether r is a valid record of this device.
func (r record) valid(udn string) bool {
	if _, err := r.format(); err != nil {
		return false
	}
	for _, text := range []string{udn, r.Class, r.MIME, r.Features} {
		if text == "" || len(text) > maxFieldBytes || strings.ContainsAny(text, "\r\n\x00") {
			return false
		}
	}
	if len(r.Location) > maxFieldBytes {
		return false
	}
	_, err := netip.ParseAddr(r.From)
	return r.Location == "" || err == nil
}

func (r record) format() (StreamFormat, error) {
	codec, err := audio.ParseCodec(r.Codec)
	if err != nil {
		return StreamFormat{}, err
	}
	i := slices.IndexFunc(allLengths, func(m settings.Length) bool { return m.String() == r.Length })
	if i < 0 {
		return StreamFormat{}, fmt.Errorf("quirk: unknown length %q", r.Length)
	}
	return StreamFormat{Codec: codec, Length: allLengths[i], Class: r.Class, MIME: r.MIME, Features: r.Features}, nil
}

// Format is the format that worked for a device, for FormatFallback.Resume.
func (m *Memory) Format(udn string) (StreamFormat, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.devices[udn]
	if !ok {
		return StreamFormat{}, false
	}
	w, err := r.format()
	return w, err == nil
}

// Places are where the devices that played were, to search there first.
func (m *Memory) Places() []Place {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Place
	for _, r := range m.devices {
		if from, err := netip.ParseAddr(r.From); err == nil && r.Location != "" {
			all = append(all, Place{r.Location, from})
		}
	}
	return all
}

// Remember stores the format that worked for a device at this time and place. Texts
// that are too long or have several lines cannot be stored and are an error.
func (m *Memory) Remember(udn string, w StreamFormat, where Place, at time.Time) error {
	fresh := record{
		Codec: w.Codec.String(), Length: w.Length.String(), Class: w.Class,
		MIME: w.MIME, Features: w.Features, UsedAt: at.UTC().Truncate(time.Second),
	}
	if where.Location != "" && where.From.IsValid() {
		fresh.Location, fresh.From = where.Location, where.From.String()
	}
	if !fresh.valid(udn) {
		return fmt.Errorf("quirk: remember %.80q: a text of its description is empty, too long or has several lines", udn)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.devices[udn]
	age := fresh.UsedAt.Sub(known.UsedAt)
	known.UsedAt = fresh.UsedAt
	if ok && known == fresh && age.Abs() < rewriteAfter {
		return nil
	}
	if !ok && len(m.devices) >= maxDevices {
		delete(m.devices, m.oldestLocked())
	}
	m.devices[udn] = fresh
	m.dirty = true
	select {
	case m.dirtyC <- struct{}{}:
	default: // one is pending already
	}
	return nil
}

func (m *Memory) oldestLocked() string {
	var oldest string
	for udn, r := range m.devices {
		if oldest == "" || r.UsedAt.Before(m.devices[oldest].UsedAt) {
			oldest = udn
		}
	}
	return oldest
}
