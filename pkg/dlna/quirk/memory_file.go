package quirk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

const (
	memoryFile    = "ways.json"
	memoryVersion = 1
	maxFileBytes  = 1 << 20 // far more than maxDevices need
	// retryWriteAfter is the pause before a failed write is tried again.
	retryWriteAfter = time.Minute
)

// document is the file's content.
type document struct {
	Version int               `json:"version"`
	Devices map[string]record `json:"devices"`
}

// Writable returns an error unless files can be written in a directory.
func Writable(dir string) error {
	file, err := os.CreateTemp(dir, ".writable-")
	if err != nil {
		return fmt.Errorf("quirk: write to the state directory: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// OpenMemory reads the memory from dir and removes leftovers there; with "" nothing is
// written to disk. A file that is damaged, or of another version, is an error,
// returned with an empty memory that will replace the file; Err says whether dir can
// be written.
func OpenMemory(dir string) (*Memory, error) {
	m := &Memory{devices: map[string]record{}, replace: replaceFile, dirtyC: make(chan struct{}, 1)}
	if dir == "" {
		return m, nil
	}
	m.path = filepath.Join(dir, memoryFile)
	m.saveErr = Writable(dir)
	removeOrphans(dir)
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

// parseDocument reads the file. One invalid record makes the whole file invalid.
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
		if !r.valid(udn) {
			return nil, fmt.Errorf("device %.80q: bad record", udn)
		}
		devices[udn] = r
	}
	return devices, nil
}

// Run writes the memory whenever it changed, and once more when ctx ends; then it
// returns nil. Changes during a write are written together after it. A write that
// fails is logged and tried again.
func (m *Memory) Run(ctx context.Context, log zerolog.Logger) error {
	again := time.NewTimer(retryWriteAfter)
	defer again.Stop()
	failing := false
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-m.dirtyC:
		case <-again.C:
		}
		err := m.save()
		if err != nil {
			again.Reset(retryWriteAfter)
		}
		if failed := err != nil; failed != failing {
			failing = failed
			logSaved(log, err)
		}
	}
	return nil
}

func logSaved(log zerolog.Logger, err error) {
	if err != nil {
		log.Warn().Err(err).Msg("cannot save what was learned about the speakers for the next start: BREEZEWAY_STATE_DIR must be a directory that this user may write to")
		return
	}
	log.Info().Msg("what was learned about the speakers is saved again")
}

// save writes the file if the memory changed. What could not be written counts as
// changed.
func (m *Memory) save() error {
	devices, dirty := m.takeDirty()
	if !dirty || m.path == "" {
		return nil
	}
	content, err := json.MarshalIndent(document{memoryVersion, devices}, "", "  ")
	if err == nil {
		err = m.replace(m.path, content)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saveErr = err
	if err != nil {
		m.dirty = true
		return fmt.Errorf("quirk: write what worked: %w", err)
	}
	return nil
}

// Err says why what was learned is not kept for the next start; nil: it is, or is kept
// in the process only.
func (m *Memory) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saveErr
}

// takeDirty returns all records, and whether they changed since the last call.
func (m *Memory) takeDirty() (devices map[string]record, dirty bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dirty, m.dirty = m.dirty, false
	return maps.Clone(m.devices), dirty
}

// replaceFile writes a new file and renames it, so that a power cut cannot leave half
// a file. A new file left over by one is overwritten: there is only one writer.
func replaceFile(path string, content []byte) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
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

// removeOrphans removes the new files that power cuts left over with earlier versions,
// which gave each a different name: the file's name and a number.
func removeOrphans(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // reading the memory reports the same error
	}
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), memoryFile+".")
		if _, err := strconv.ParseUint(number, 10, 64); ours && err == nil && entry.Type().IsRegular() {
			_ = os.Remove(filepath.Join(dir, entry.Name())) // it only takes some space
		}
	}
}
