package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// A house is served to a browser, and can change while it looks. It tells what
// reaches the API.
type house struct {
	speakers atomic.Pointer[[]bridge.Speaker]
	gone     atomic.Bool // nothing but errors is answered
	fails    atomic.Bool // what is wished
	wishes   chan string
}

func (h *house) wish(id string, what any) error {
	h.wishes <- fmt.Sprint(id, " ", what)
	if h.fails.Load() {
		return errors.New("the sender takes no commands")
	}
	return nil
}

func (h *house) Command(id, command string) error         { return h.wish(id, command) }
func (h *house) SetVolume(id string, level float64) error { return h.wish(id, level) }

// hold has the house hold speakers.
func (h *house) hold(speakers ...bridge.Speaker) { h.speakers.Store(&speakers) }

// serve gives the page's address.
func (h *house) serve(t *testing.T) string {
	t.Helper()
	options := full()
	snapshot := options.Snapshot()
	options.Control = h
	options.Snapshot = func() fleet.Snapshot {
		s := snapshot
		s.Speakers = *h.speakers.Load()
		return s
	}
	handler := web.New(options)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.gone.Load() {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What the page shows, and what its user does, with mouse and keyboard.
func TestPageInBrowser(t *testing.T) {
	away := bridge.Speaker{Name: "Attic", ID: raop.ID{4}, UDN: "uuid:4"}
	refuses := bridge.Speaker{Name: "Terrace", ID: raop.ID{3}, UDN: "uuid:3", VolumeFixed: true, Level: 0.7, Renderers: []player.Snapshot{
		{UDN: "uuid:3", Address: "192.0.2.3", State: player.StateRetrying, Reason: "UPnP error 714", OpenHome: true, Level: 0.7},
	}}
	plays := kitchen()
	plays.Client.Name, plays.Steerable, plays.NowPlaying.Artwork = "Anna's iPhone", true, raop.Artwork{}
	plays.Sender.DriftPPM = -12.34
	h := &house{wishes: make(chan string, 16)}
	h.hold(away, plays, refuses)
	b := openBrowser(t)
	b.call("Page.navigate", map[string]any{"url": h.serve(t)}, nil)
	b.eventually("document.querySelectorAll('article').length === 3")
	shows(t, b)
	steps(t, b, h)
	if len(b.complaints) > 0 {
		t.Errorf("want no error in the console, got %q", b.complaints)
	}
	failures(t, b, h)
}

func shows(t *testing.T, b *browser) {
	t.Helper()
	isolates := strings.NewReplacer("\u2068", "", "\u2069", "") // around names
	for what, c := range map[string]struct{ expression, want string }{
		"summary":  {"document.getElementById('summary').textContent", kitchen().Name + " plays. Terrace does not take the sound."},
		"title":    {"document.title", kitchen().Name + " plays. Terrace does not take the sound – Breezeway"},
		"who":      {"document.querySelector('[data-part=why]').textContent.replace(/\\d+ s$/, '')", "From Anna's iPhone, for "},
		"names":    {"[...document.querySelectorAll('h3')].map((e) => e.textContent).join('|')", kitchen().Name + "|Attic|Terrace"},
		"states":   {"[...document.querySelectorAll('.state')].map((e) => e.textContent).join('|')", "playing|away|retrying"},
		"why not":  {"document.querySelector('[data-state=retrying] [data-part=why]').textContent.includes('UPnP error 714')", "true"},
		"OpenHome": {"document.querySelector('[data-state=retrying] [data-part=model]').textContent", "by OpenHome"},
		"wrong":    {"document.querySelectorAll('#conditions > li').length", "3"},
		"buttons":  {"[...document.querySelectorAll('button')].filter((e) => e.checkVisibility()).map((e) => e.textContent).join('|')", "Previous|Play|Pause|Next|Look again"},
		"slider":   {"[...document.querySelectorAll('article input')].map((e) => e.checkVisibility()).join('|')", "true|true|false"},
		"fixed":    {"document.querySelector('[data-state=retrying] [data-part=volume]').textContent", "Volume fixed at 70 %"},
		"sender":   {"[...document.querySelectorAll('dd')].find((e) => e.textContent.includes('iPhone')).textContent.replace(/.*;/, '')", " its clock gets 12.3 ppm behind ours"},
		"markup":   {"document.querySelectorAll('img:not(.art)').length", "0"},
		"width":    {"document.documentElement.scrollWidth - document.documentElement.clientWidth", "0"},
	} {
		if got := isolates.Replace(b.text(c.expression)); got != c.want {
			t.Errorf("%s: want %q, got %q", what, c.want, got)
		}
	}
}

// steps are those of a user: they reach the API, and the page neither takes the
// focus away nor turns the volume back while it shows what is new.
func steps(t *testing.T, b *browser, h *house) {
	t.Helper()
	b.text("document.querySelectorAll('article button')[2].click()")
	wished(t, h, "pause")
	b.text("document.querySelector('article input').focus()")
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "ArrowRight", "windowsVirtualKeyCode": 39}, nil)
	wished(t, h, "0.26")
	if got := b.text("document.activeElement.ariaValueText"); got != "26 %" {
		t.Errorf("want a screen reader to hear 26 %%, got %q", got)
	}
	first, pantry := bridge.Speaker{Name: "Abbey", ID: raop.ID{5}, Renderers: []player.Snapshot{{Address: "192.0.2.5"}}}, kitchen()
	pantry.Name, pantry.Began, pantry.Steerable = "Pantry", time.Time{}, true
	h.hold(first, pantry)
	b.eventually("document.querySelectorAll('article').length === 2")
	pantry.Began = time.Now()
	h.hold(first, pantry)
	b.eventually("document.querySelector('article').ariaLabel === 'Pantry'") // who plays is first
	if got := b.text("document.activeElement.ariaLabel + ' ' + document.activeElement.value"); got != "Volume of Pantry 26" {
		t.Errorf("want focus and volume where they were, got %q", got)
	}
	first.Renderers[0].State, first.Client.Name, first.Began = player.StatePausedAtSpeaker, "Anna's iPhone", time.Now()
	h.hold(first)
	b.eventually("document.querySelector('.state').textContent === 'paused at speaker'")
	b.eventually("document.querySelector('[data-part=why]').textContent.endsWith('has paused, too. Play at either of them goes on.')")
	h.hold()
	b.eventually("document.getElementById('summary').textContent === 'No speaker found yet.' && document.getElementById('alone').checkVisibility()")
	h.hold(pantry)
	b.eventually("document.querySelector('article')")
}

// failures are told in words, and pass with what they were about: the state, or
// the daemon's silence.
func failures(t *testing.T, b *browser, h *house) {
	t.Helper()
	h.fails.Store(true)
	next := func() {
		t.Helper()
		b.text("document.querySelectorAll('article button')[3].click()")
		wished(t, h, "next")
		b.eventually("document.querySelector('article [role=alert]').textContent === 'Next did not work: the sender takes no commands.'")
	}
	next()
	pantry := (*h.speakers.Load())[0]
	pantry.Renderers = slices.Clone(pantry.Renderers)
	pantry.Renderers[0].State = player.StatePaused
	h.hold(pantry)
	b.eventually("document.querySelector('[data-state=paused]') && !document.querySelector('article [role=alert]').checkVisibility()")
	next()
	h.gone.Store(true)
	b.eventually("document.getElementById('silence').checkVisibility()")
	h.gone.Store(false)
	b.eventually("!document.getElementById('silence').checkVisibility() && !document.querySelector('article [role=alert]').checkVisibility()")
}

func wished(t *testing.T, h *house, want string) {
	t.Helper()
	select {
	case got := <-h.wishes:
		if got != kitchenID+" "+want {
			t.Errorf("want %s, got %s", want, got)
		}
	case <-time.After(browserPatience):
		t.Fatalf("want %s, got nothing", want)
	}
}
