package quirk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

var (
	at   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	good = StreamFormat{Codec: audio.FLAC, Length: settings.LengthNone, Class: ClassTrack, MIME: "audio/flac", Features: "*"}
)

// slowDisk takes its time for each file, or refuses it.
type slowDisk struct {
	takes time.Duration

	mu      sync.Mutex // guards all below
	refuses error
	files   [][]byte
}

func (d *slowDisk) replace(_ string, content []byte) error {
	time.Sleep(d.takes)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuses == nil {
		d.files = append(d.files, content)
	}
	return d.refuses
}

func (d *slowDisk) refuse(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuses = err
}

// want holds how often the file was written, and the devices that are in it.
func (d *slowDisk) want(t *testing.T, files, devices int) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.files) != files {
		t.Fatalf("want the file written %d times, got %d", files, len(d.files))
	}
	kept, err := parseDocument(d.files[files-1])
	if err != nil || len(kept) != devices {
		t.Errorf("want %d devices in the file, got %d, %v", devices, len(kept), err)
	}
}

// keep runs a memory on a disk in a bubble of its own, and gives what it logged.
func keep(t *testing.T, disk *slowDisk, test func(t *testing.T, m *Memory, stop func())) string {
	var lines bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		m, err := OpenMemory(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		m.replace = disk.replace
		ctx, cancel := context.WithCancel(t.Context())
		endC := make(chan error, 1)
		go func() { endC <- m.Run(ctx, zerolog.New(&lines)) }()
		stop := func() {
			cancel()
			if err := <-endC; err != nil {
				t.Errorf("want no error, got %v", err)
			}
		}
		test(t, m, stop)
	})
	return lines.String()
}

func (m *Memory) learn(t *testing.T, devices int) {
	t.Helper()
	for i := range devices {
		if err := m.Remember(fmt.Sprint("uuid:", i), good, Place{}, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNobodyWaitsForTheDisk(t *testing.T) {
	disk := &slowDisk{takes: time.Minute}
	logged := keep(t, disk, func(t *testing.T, m *Memory, stop func()) {
		began := time.Now()
		m.learn(t, 1)
		synctest.Wait()
		m.learn(t, 100)
		if _, known := m.Format("uuid:99"); !known {
			t.Error("want known at once what is remembered")
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("want nobody to wait for the disk, got %v", waited)
		}
		time.Sleep(5 * time.Minute)
		disk.want(t, 2, 100) // once for the first, once for all others
		stop()
		disk.want(t, 2, 100) // nothing is written without a change
	})
	if logged != "" {
		t.Errorf("want no line, got %s", logged)
	}
}

func TestWhatIsLeftIsWrittenAtTheEnd(t *testing.T) {
	disk := &slowDisk{takes: time.Second}
	keep(t, disk, func(t *testing.T, m *Memory, stop func()) {
		m.learn(t, 1)
		synctest.Wait()
		m.learn(t, 2) // during the first write
		stop()
		disk.want(t, 2, 2)
	})
}

func TestDiskThatRefuses(t *testing.T) {
	disk := &slowDisk{}
	disk.refuse(errors.New("no space"))
	logged := keep(t, disk, func(t *testing.T, m *Memory, stop func()) {
		m.learn(t, 3)
		time.Sleep(time.Hour)
		m.learn(t, 4)
		synctest.Wait()
		disk.refuse(nil)
		time.Sleep(2 * retryWriteAfter)
		disk.want(t, 1, 4)
		stop()
	})
	lines := strings.Split(strings.TrimSpace(logged), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "no space") || !strings.Contains(lines[1], "again") {
		t.Errorf("want one line when it fails and one when it works, got %q", lines)
	}
}

func TestDirectoryThatIsGone(t *testing.T) {
	var lines bytes.Buffer
	m, err := OpenMemory(t.TempDir() + "/gone")
	if err != nil {
		t.Fatal(err)
	}
	m.learn(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx, zerolog.New(&lines)); err != nil {
		t.Errorf("want no error, got %v", err)
	}
	if !strings.Contains(lines.String(), "cannot save what was learned") {
		t.Errorf("want a line about it, got %q", lines.String())
	}
	if _, known := m.Format("uuid:0"); !known {
		t.Error("want it remembered in the process all the same")
	}
}

// A directory that cannot be written is known from the start, and forgotten when it
// can be.
func TestMemoryInADirectoryThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "absent")
	m, err := OpenMemory(dir)
	if err != nil || m.Err() == nil {
		t.Fatalf("want an empty memory that knows it cannot be kept, got %v, %v", err, m.Err())
	}
	m.learn(t, 1)
	if err := m.save(); err == nil || m.Err() == nil {
		t.Errorf("want it not kept, got %v, %v", err, m.Err())
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := m.save(); err != nil || m.Err() != nil {
		t.Errorf("want it kept now, got %v, %v", err, m.Err())
	}
}
