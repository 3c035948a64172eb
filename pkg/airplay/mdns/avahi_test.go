package mdns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

func TestReadNotice(t *testing.T) {
	const owner, server, group = "org.freedesktop.DBus.NameOwnerChanged", "org.freedesktop.Avahi.Server.StateChanged", "org.freedesktop.Avahi.EntryGroup.StateChanged"
	tests := []struct {
		name string
		of   string
		body []any
		want notice
	}{
		{"avahi comes", owner, []any{avahiName, "", ":1.5"}, notice{kind: noticeCame}},
		{"avahi goes", owner, []any{avahiName, ":1.5", ""}, notice{kind: noticeGone}},
		{"another goes", owner, []any{":1.5", ":1.5", ""}, notice{}},
		{"too few words", owner, []any{avahiName, ""}, notice{}},
		{"wrong words", owner, []any{1, 2, 3}, notice{}},
		{"has its name", server, []any{int32(2), ""}, notice{kind: noticeServer, running: true}},
		{"lost its name", server, []any{int32(3), ""}, notice{kind: noticeServer}},
		{"server says nothing", server, nil, notice{}},
		{"server says a word", server, []any{"2"}, notice{}},
		{"group collides", group, []any{int32(3), ""}, notice{kind: noticeGroup, group: "/g", state: groupCollision}},
		{"group says nothing", group, nil, notice{}},
		{"anything else", "org.freedesktop.Avahi.ServiceBrowser.ItemNew", []any{int32(2)}, notice{}},
	}
	for _, tt := range tests {
		if got := readNotice(&dbus.Signal{Name: tt.of, Path: "/g", Body: tt.body}); got != tt.want {
			t.Errorf("%s: want %+v, got %+v", tt.name, tt.want, got)
		}
	}
}

func TestNamesOfGroupStates(t *testing.T) {
	var got []string
	for s := groupUncommitted - 1; s <= groupFailure+1; s++ {
		got = append(got, s.String())
	}
	if want := []string{"groupState(-1)", "uncommitted", "registering", "established", "collision", "failure", "groupState(5)"}; !slices.Equal(got, want) {
		t.Errorf("want %v, got %v", want, got)
	}
}

func TestCollisionOr(t *testing.T) {
	other := dbus.Error{Name: "org.freedesktop.Avahi.InvalidServiceNameError"}
	if got := collisionOr(dbus.Error{Name: "org.freedesktop.Avahi.CollisionError"}); !errors.Is(got, errCollision) {
		t.Errorf("got %v", got)
	}
	if got := collisionOr(other); errors.Is(got, errCollision) || got.Error() != other.Error() {
		t.Errorf("got %v", got)
	}
}

func TestTXTForAvahi(t *testing.T) {
	got := txtBytes([]string{`a\b`, strings.Repeat("x", 300)})
	if len(got) != 2 || string(got[0]) != `a\b` || len(got[1]) != maxTXTString {
		t.Errorf("got %q", got)
	}
}

// A fakeDaemon is an avahi and the bus that it is on.
type fakeDaemon struct {
	mu      sync.Mutex // guards all below
	present bool
	taken   map[string]bool    // names that others on the network have
	local   map[string]bool    // names that others on this host have
	groups  map[groupID]string // what is shown: instance, port, interfaces, text
	made    int
	conns   []*fakeAvahi
	fails   error // every call fails with it
}

// A fakeAvahi is a connection to it.
type fakeAvahi struct {
	*fakeDaemon
	signalC chan *dbus.Signal
	closed  bool
}

func newDaemon(present bool) *fakeDaemon {
	return &fakeDaemon{present: present, taken: map[string]bool{}, local: map[string]bool{}, groups: map[groupID]string{}}
}

func (d *fakeDaemon) dial(context.Context, string) (avahi, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := &fakeAvahi{fakeDaemon: d, signalC: make(chan *dbus.Signal, 100)}
	d.conns = append(d.conns, a)
	return a, nil
}

// tellLocked sends a signal to all who are connected.
func (d *fakeDaemon) tellLocked(name string, path groupID, body ...any) {
	for _, a := range d.conns {
		if !a.closed {
			a.signalC <- &dbus.Signal{Name: name, Path: path, Body: body}
		}
	}
}

// setPresent lets avahi come and go.
func (d *fakeDaemon) setPresent(present bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.present = present
	clear(d.groups)
	if present {
		d.tellLocked(busName+"."+busNameOwnerChanged, "/", avahiName, "", ":1.9")
		d.tellLocked(avahiServer+"."+avahiStateChanged, "/", int32(serverRunning), "")
	} else {
		d.tellLocked(busName+"."+busNameOwnerChanged, "/", avahiName, ":1.9", "")
	}
}

// shown is what avahi shows, in order.
func (d *fakeDaemon) shown() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	for _, s := range d.groups {
		if s != "" {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

func (d *fakeDaemon) connected() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.conns {
		if !a.closed {
			n++
		}
	}
	return n
}

func (a *fakeAvahi) running(context.Context) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.present, a.fails
}

func (a *fakeAvahi) newGroup(context.Context) (groupID, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.made++
	g := groupID(fmt.Sprintf("/group%d", a.made))
	a.groups[g] = ""
	return g, a.fails
}

func (a *fakeAvahi) fill(_ context.Context, g groupID, interfaces []int, s Service) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	state := groupEstablished
	switch {
	case a.fails != nil:
		return a.fails
	case a.local[s.Instance]:
		return errCollision
	case a.taken[s.Instance]:
		state = groupCollision
	}
	a.groups[g] = fmt.Sprint(s.Instance, s.Type, s.Port, interfaces, s.TXT)
	a.tellLocked(avahiGroup+"."+avahiStateChanged, g, int32(groupRegistering), "")
	a.tellLocked(avahiGroup+"."+avahiStateChanged, g, int32(state), "")
	return nil
}

func (a *fakeAvahi) free(_ context.Context, g groupID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.groups, g)
	return a.fails
}

func (a *fakeAvahi) notices() <-chan *dbus.Signal { return a.signalC }

func (a *fakeAvahi) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hangUpLocked()
	return nil
}

// hangUpLocked takes with it what belongs to the connection, as avahi does.
func (a *fakeAvahi) hangUpLocked() {
	if !a.closed {
		a.closed = true
		close(a.signalC)
		clear(a.groups)
	}
}

func shown(name string, txt ...string) string {
	return fmt.Sprint(name, "_raop._tcp", 5000, []int{lanIndex}, txt)
}

// underAvahi runs a test with a host whose port avahi holds for the time given.
func underAvahi(t *testing.T, d *fakeDaemon, held time.Duration, test func(t *testing.T, h *lanHost, w *wire)) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.dialAvahi = d.dial
		h.heldUntil = time.Now().Add(held)
		h.start()
		pass(time.Second)
		test(t, h, w)
		h.stop(t)
		if n := d.connected(); n != 0 || len(d.shown()) != 0 {
			t.Errorf("after the end: %d connections, %v shown", n, d.shown())
		}
	})
}

func wantShown(t *testing.T, d *fakeDaemon, want ...string) {
	t.Helper()
	pass(time.Second)
	slices.Sort(want)
	if got := d.shown(); !slices.Equal(got, want) {
		t.Errorf("want %q shown, got %q", want, got)
	}
}

func TestAvahiShowsWhatIsPublished(t *testing.T) {
	d := newDaemon(true)
	underAvahi(t, d, time.Hour, func(t *testing.T, h *lanHost, w *wire) {
		wantShown(t, d)
		p := h.Publish(kitchenService())
		wantShown(t, d, shown(kitchenText, "tp=UDP"))
		if s := h.Stats(); s.IPv4 != PortAvahi || s.Established != 1 || s.Services != 1 || !s.HeardIPv4.Heard {
			t.Errorf("stats are %+v", s)
		}
		second := h.Publish(kitchenService())
		wantShown(t, d, shown(kitchenText, "tp=UDP"), shown(kitchenText+" (2)", "tp=UDP"))
		p.Withdraw()
		wantShown(t, d, shown(kitchenText+" (2)", "tp=UDP"))
		h.setInterfaces()
		pass(time.Second)
		h.setInterfaces(lanInterface(lanIndex, us))
		wantShown(t, d, shown(kitchenText+" (2)", "tp=UDP"))
		second.Withdraw()
		wantShown(t, d)
		if n := len(w.sent(us, 0)); n != 0 {
			t.Errorf("%d packets of our own", n)
		}
		h.Publish(kitchenService()) // to be taken back at the end
		pass(time.Second)
	})
}

func TestAvahiRenames(t *testing.T) {
	for _, where := range []string{"network", "host"} {
		t.Run("taken on the "+where, func(t *testing.T) {
			d := newDaemon(true)
			d.taken[kitchenText] = where == "network"
			d.local[kitchenText] = where == "host"
			underAvahi(t, d, time.Minute, func(t *testing.T, h *lanHost, w *wire) {
				p := h.Publish(kitchenService())
				wantShown(t, d, shown(kitchenText+" (2)", "tp=UDP"))
				want := []Renaming{{kitchenText, kitchenText + " (2)"}}
				if s := h.Stats(); s.Renames != 1 || !slices.Equal(s.Renamed, want) || s.Established != 1 {
					t.Errorf("stats are %+v", s)
				}
				d.setPresent(false)
				pass(2 * time.Minute) // the port is ours, and the name stays
				if s := h.Stats(); s.IPv4 != PortOK || s.Established != 1 || p.Name() != kitchenText+" (2)" {
					t.Errorf("%q, stats are %+v", p.Name(), s)
				}
				if got := w.sent(us, 0); len(got) == 0 || !strings.Contains(got[0].msg.Question[len(got[0].msg.Question)-1].Name, `\(2\)`) {
					t.Errorf("sent %v", got)
				}
			})
		})
	}
}

// A host where every name is taken is not asked without end.
func TestAvahiTakesNoName(t *testing.T) {
	d := newDaemon(true)
	for i, label := 0, kitchenText; i < 100; i, label = i+1, nextInstance(label) {
		d.local[label] = true
	}
	underAvahi(t, d, time.Hour, func(t *testing.T, h *lanHost, _ *wire) {
		h.Publish(kitchenService())
		wantShown(t, d)
		if s := h.Stats(); s.Renames != manyRivals || s.IPv4 != PortHeld {
			t.Errorf("stats are %+v", s)
		}
	})
}

// Avahi restarts: it shows us again, and we did not take its port meanwhile.
func TestAvahiRestarts(t *testing.T) {
	d := newDaemon(true)
	underAvahi(t, d, bindRetry+avahiGrace, func(t *testing.T, h *lanHost, _ *wire) {
		h.Publish(kitchenService())
		wantShown(t, d, shown(kitchenText, "tp=UDP"))
		pass(bindRetry - 3*time.Second) // the next attempt to bind is a second away
		d.setPresent(false)
		h.mu.Lock()
		h.heldUntil = time.Now() // nobody has it now
		h.mu.Unlock()
		pass(avahiGrace - time.Second)
		if s := h.Stats(); s.IPv4 != PortHeld {
			t.Errorf("while avahi is away: %+v", s)
		}
		h.mu.Lock()
		h.heldUntil = time.Now().Add(time.Hour)
		h.mu.Unlock()
		d.setPresent(true)
		wantShown(t, d, shown(kitchenText, "tp=UDP"))
		if s := h.Stats(); s.IPv4 != PortAvahi || s.Established != 1 {
			t.Errorf("after it is back: %+v", s)
		}
	})
}

// The connection breaks, avahi is not there, calls fail: the state says held, and
// it is tried again.
func TestAvahiFails(t *testing.T) {
	d := newDaemon(true)
	underAvahi(t, d, time.Hour, func(t *testing.T, h *lanHost, _ *wire) {
		h.Publish(kitchenService())
		wantShown(t, d, shown(kitchenText, "tp=UDP"))
		d.mu.Lock()
		for _, a := range d.conns {
			a.hangUpLocked()
		}
		d.mu.Unlock()
		wantShown(t, d, shown(kitchenText, "tp=UDP"))

		d.mu.Lock()
		d.fails = errors.New("not today")
		d.mu.Unlock()
		h.Publish(Service{Instance: "Bath", Type: "_raop._tcp", Port: 5000})
		wantShown(t, d)
		if s := h.Stats(); s.IPv4 != PortHeld || s.Established != 0 {
			t.Errorf("while calls fail: %+v", s)
		}
		d.mu.Lock()
		d.fails = nil
		d.mu.Unlock()
		pass(bindRetry)
		wantShown(t, d, shown(kitchenText, "tp=UDP"), shown("Bath"))
	})
}

// Avahi's host gets another name: what names it is to be shown anew.
func TestAvahiIsRenamed(t *testing.T) {
	d := newDaemon(true)
	underAvahi(t, d, time.Hour, func(t *testing.T, h *lanHost, _ *wire) {
		h.Publish(kitchenService())
		wantShown(t, d, shown(kitchenText, "tp=UDP"))
		const collision = 3
		d.mu.Lock()
		for g := range d.groups {
			d.groups[g] = ""
		}
		d.tellLocked(avahiServer+"."+avahiStateChanged, "/", int32(collision), "")
		d.tellLocked(avahiServer+"."+avahiStateChanged, "/", int32(serverRunning), "")
		d.mu.Unlock()
		wantShown(t, d, shown(kitchenText, "tp=UDP"))
	})
}
