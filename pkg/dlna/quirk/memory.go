package quirk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

const (
	memoryFile    = "ways.json"
	memoryVersion = 1
	maxDevices    = 256     // the one not used for longest is forgotten for another
	maxFieldBytes = 512     // of each text
	maxFileBytes  = 1 << 20 // far more than maxDevices need
	// freshFor is how long a device may be used before its time is written
	// again: a flash card lives longer.
	freshFor = 24 * time.Hour
)

// A Memory keeps the way that worked for each device, by its UDN, and where it
// was. It may be used by several goroutines.
type Memory struct {
	path string // "": nothing is written

	mu      sync.Mutex // guards devices, and keeps writes to the file apart
	devices map[string]record
}

// A record is a Way as it is written, without what follows from the traits.
type record struct {
	Codec    string    `json:"codec"`
	Length   string    `json:"length"`
	Class    string    `json:"class"`
	MIME     string    `json:"mime"`
	Features string    `json:"features"`
	UsedAt   time.Time `json:"used_at"`
	Location string    `json:"location,omitempty"`
	From     string    `json:"from,omitempty"` // address of who answered for Location
}

// A Place is where a device was when it played.
type Place struct {
	Location string     // URL of its description
	From     netip.Addr // who answered for that
}

// document is the file's content.
type document struct {
	Version int               `json:"version"`
	Devices map[string]record `json:"devices"`
}

// OpenMemory reads the memory in dir; "" keeps it in the process only. A file
// that is damaged, or of another version, is an error, beside which an empty
// memory is given that will replace the file.
func OpenMemory(dir string) (*Memory, error) {
	m := &Memory{devices: map[string]record{}}
	if dir == "" {
		return m, nil
	}
	m.path = filepath.Join(dir, memoryFile)
	devices, err := load(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("quirk: read what worked: %w", err)
	}
	m.devices = devices
	return m, nil
}

func load(path string) (map[string]record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFileBytes))
	if err != nil {
		return nil, err
	}
	return parseDocument(content)
}

// parseDocument reads the file. One bad record makes it bad as a whole.
func parseDocument(content []byte) (map[string]record, error) {
	var d document
	if err := json.Unmarshal(content, &d); err != nil {
		return nil, err
	}
	if d.Version != memoryVersion {
		return nil, fmt.Errorf("version %d, want %d", d.Version, memoryVersion)
	}
	if len(d.Devices) > maxDevices {
		return nil, fmt.Errorf("%d devices, want at most %d", len(d.Devices), maxDevices)
	}
	devices := make(map[string]record, len(d.Devices))
	for udn, r := range d.Devices {
		if _, err := r.way(); err != nil || !r.bounded(udn) {
			return nil, fmt.Errorf("device %.80q: bad record", udn)
		}
		devices[udn] = r
	}
	return devices, nil
}

func (r record) bounded(udn string) bool {
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

func (r record) way() (Way, error) {
	codec, err := audio.ParseCodec(r.Codec)
	if err != nil {
		return Way{}, err
	}
	i := slices.IndexFunc(allLengths, func(m stream.LengthMode) bool { return m.String() == r.Length })
	if i < 0 {
		return Way{}, fmt.Errorf("quirk: unknown length %q", r.Length)
	}
	return Way{Codec: codec, Length: allLengths[i], Class: r.Class, MIME: r.MIME, Features: r.Features}, nil
}

// Way gives what worked for a device, to be handed to Ladder.Resume.
func (m *Memory) Way(udn string) (Way, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.devices[udn]
	if !ok {
		return Way{}, false
	}
	w, err := r.way()
	return w, err == nil
}

// Places are where the devices were that played, to be looked at first.
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

// Remember keeps w for a device that it worked for at this time and place, and
// writes the file when that is news. What is too long to be a device's is not
// kept.
func (m *Memory) Remember(udn string, w Way, where Place, at time.Time) error {
	fresh := record{
		Codec: w.Codec.String(), Length: w.Length.String(), Class: w.Class,
		MIME: w.MIME, Features: w.Features, UsedAt: at.UTC().Truncate(time.Second),
	}
	if where.Location != "" && where.From.IsValid() {
		fresh.Location, fresh.From = where.Location, where.From.String()
	}
	if !fresh.bounded(udn) {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.devices[udn]
	age := fresh.UsedAt.Sub(known.UsedAt)
	known.UsedAt = fresh.UsedAt
	if ok && known == fresh && age.Abs() < freshFor {
		return nil
	}
	if !ok && len(m.devices) >= maxDevices {
		delete(m.devices, m.oldestLocked())
	}
	m.devices[udn] = fresh
	return m.saveLocked()
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

// saveLocked writes the file beside its place and moves it there, so that no
// power cut leaves half of it.
func (m *Memory) saveLocked() error {
	if m.path == "" {
		return nil
	}
	content, err := json.MarshalIndent(document{memoryVersion, m.devices}, "", "  ")
	if err != nil {
		return fmt.Errorf("quirk: write what worked: %w", err)
	}
	if err := replaceFile(m.path, content); err != nil {
		return fmt.Errorf("quirk: write what worked: %w", err)
	}
	return nil
}

func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
