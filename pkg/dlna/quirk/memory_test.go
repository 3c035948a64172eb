package quirk_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	worked = quirk.StreamFormat{
		Codec: audio.MP3, Length: settings.LengthFake, Class: quirk.ClassTrack, MIME: "audio/mpeg", Features: "DLNA.ORG_PN=MP3",
	}
)

func open(t *testing.T, dir string) *quirk.Memory {
	t.Helper()
	m, err := quirk.OpenMemory(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func remember(t *testing.T, m *quirk.Memory, udn string, w quirk.StreamFormat, at time.Time) {
	t.Helper()
	if err := m.Remember(udn, w, quirk.Place{}, at); err != nil {
		t.Fatal(err)
	}
	save(t, m)
}

// save has changes written: a Run that ends at once writes what is left.
func save(t *testing.T, m *quirk.Memory) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx, zerolog.New(t.Output())); err != nil {
		t.Fatal(err)
	}
}

func TestMemorySurvives(t *testing.T) {
	dir := t.TempDir()
	remember(t, open(t, dir), "uuid:a", worked, noon)
	got, ok := open(t, dir).Format("uuid:a")
	if !ok || got != worked {
		t.Errorf("want %v, got %v, %v", worked, got, ok)
	}
	if _, ok := open(t, dir).Format("uuid:b"); ok {
		t.Error("want nothing for a device never seen")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Errorf("want one file and no leftovers, got %v, %v", files, err)
	}
}

func TestMemoryWithoutDirectory(t *testing.T) {
	m := open(t, "")
	remember(t, m, "uuid:a", worked, noon)
	if got, ok := m.Format("uuid:a"); !ok || got != worked {
		t.Errorf("want %v, got %v, %v", worked, got, ok)
	}
}

func TestMemoryWritesNewsOnly(t *testing.T) {
	dir := t.TempDir()
	m := open(t, dir)
	path := filepath.Join(dir, "ways.json")
	written := func(w quirk.StreamFormat, at time.Time) bool {
		_ = os.Remove(path) // absent the first time
		remember(t, m, "uuid:a", w, at)
		_, err := os.Stat(path)
		return err == nil
	}
	if !written(worked, noon) {
		t.Error("want the first format written")
	}
	if written(worked, noon.Add(time.Hour)) {
		t.Error("want the same format within a day not written again")
	}
	if !written(worked, noon.Add(25*time.Hour)) {
		t.Error("want the time of use written once a day")
	}
	other := worked
	other.Codec = audio.WAV
	if !written(other, noon.Add(25*time.Hour)) {
		t.Error("want another format written")
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := open(t, "")
	const most = 256
	for i := range most + 1 {
		remember(t, m, fmt.Sprint("uuid:", i), worked, noon.Add(time.Duration(i)*time.Minute))
	}
	if _, ok := m.Format("uuid:0"); ok {
		t.Error("want the one not used for longest forgotten")
	}
	for _, i := range []int{1, most} {
		if _, ok := m.Format(fmt.Sprint("uuid:", i)); !ok {
			t.Errorf("want device %d kept", i)
		}
	}
}

func TestDamagedMemoryIsEmptyAndMended(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ways.json")
	remember(t, open(t, dir), "uuid:a", worked, noon)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for length := range len(whole) {
		if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := quirk.OpenMemory(dir)
		if _, known := m.Format("uuid:a"); err == nil || known {
			t.Fatalf("cut at %d bytes: want an error and an empty memory, got %v, known %v", length, err, known)
		}
	}
	m, err := quirk.OpenMemory(dir)
	if err == nil {
		t.Fatal("want an error")
	}
	remember(t, m, "uuid:b", worked, noon)
	if _, ok := open(t, dir).Format("uuid:b"); !ok {
		t.Error("want a damaged file replaced by the next change")
	}
}

func TestForeignMemoryIsRefused(t *testing.T) {
	record := `{"codec":"wav","length":"none","class":"c","mime":"m","features":"*","used_at":"2026-03-01T12:00:00Z"}`
	tests := []struct{ name, content string }{
		{"of a later version", `{"version":2,"devices":{}}`},
		{"unknown codec", `{"version":1,"devices":{"uuid:a":{"codec":"aac"}}}`},
		{"unknown length", `{"version":1,"devices":{"uuid:a":{"codec":"wav","length":"long"}}}`},
		{"a header of two lines", `{"version":1,"devices":{"uuid:a":{"codec":"wav","length":"none","class":"c","mime":"m\r\nX: y","features":"*"}}}`},
		{"a device without name", `{"version":1,"devices":{"":` + record + `}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ways.json"), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if m, err := quirk.OpenMemory(dir); err == nil || m == nil {
				t.Errorf("want an error and a memory all the same, got %v, %v", m, err)
			}
		})
	}
}

func TestMemoryOfWhatIsNoDevice(t *testing.T) {
	m := open(t, "")
	tests := map[string]struct{ udn, mime string }{
		"no name":             {"", "audio/mpeg"},
		"a name too long":     {strings.Repeat("u", 513), "audio/mpeg"},
		"a text too long":     {"uuid:a", strings.Repeat("m", 513)},
		"a text of two lines": {"uuid:a", "audio/mpeg\r\nX: y"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			format := worked
			format.MIME = tt.mime
			if err := m.Remember(tt.udn, format, quirk.Place{}, noon); err == nil {
				t.Error("want an error")
			}
			if _, known := m.Format(tt.udn); known {
				t.Error("want nothing remembered")
			}
		})
	}
}

// Power cuts during a write leave one file at most, and what they left of earlier
// versions goes. What is not ours stays.
func TestNoOrphans(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ways.json.new", "ways.json.3141592653", "ways.json.7", "ways.json.bak", "ways.json.", "other.json.7"} {
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte("left "), 1<<10), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remember(t, open(t, dir), "uuid:a", worked, noon)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if want := []string{"other.json.7", "ways.json", "ways.json.", "ways.json.bak"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	if format, known := open(t, dir).Format("uuid:a"); !known || format != worked {
		t.Errorf("want %v, got %v, %v", worked, format, known)
	}
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"version":1,"devices":{"uuid:a":{"codec":"wav","length":"none","class":"c","mime":"m","features":"*","used_at":"2026-03-01T12:00:00Z"}}}`))
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ways.json"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := quirk.OpenMemory(dir)
		if m == nil {
			t.Fatal("want a memory whatever was read")
		}
		if _, known := m.Format("uuid:a"); known && err != nil {
			t.Errorf("want nothing known beside %v", err)
		}
		remember(t, m, "uuid:new", worked, noon)
		if _, err := quirk.OpenMemory(dir); err != nil {
			t.Errorf("want our own file read, got %v", err)
		}
	})
}

// Where a device was when it played is known after a restart; a file from before
// that was kept is read as well, one with a place that is none is damaged.
func TestMemoryOfPlaces(t *testing.T) {
	dir := t.TempDir()
	m := open(t, dir)
	here := quirk.Place{Location: "http://192.0.2.7:1400/d.xml", From: netip.MustParseAddr("192.0.2.7")}
	for udn, where := range map[string]quirk.Place{"uuid:here": here, "uuid:nowhere": {}} {
		if err := m.Remember(udn, worked, where, noon); err != nil {
			t.Fatal(err)
		}
	}
	save(t, m)
	if got := open(t, dir).Places(); len(got) != 1 || got[0] != here {
		t.Errorf("want %v, got %v", here, got)
	}
	path := filepath.Join(dir, "ways.json")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(content), `"from": "192.0.2.7"`, `"from": "the kitchen"`, 1)
	if broken == string(content) {
		t.Fatalf("want the place in the file, got %s", content)
	}
	if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := quirk.OpenMemory(dir); err == nil {
		t.Error("want a file with a place that is none taken for damaged")
	}
}
