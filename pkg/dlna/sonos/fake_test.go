package sonos_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

var errUnplugged = errors.New("no route to host")

// A fakePlayer answers as its fields say.
type fakePlayer struct {
	household string // "": it does not report one
	state     string
	err       error // to GetZoneGroupState
	asked     int
}

// A fakeNet is the Client of players that exist only in it, and the Events.
type fakeNet struct {
	mu      sync.Mutex // guards all below
	players map[string]*fakePlayer
	subs    map[string]upnp.Subscription
	refused error // SUBSCRIBE fails with it
}

func newFakeNet() *fakeNet {
	return &fakeNet{players: make(map[string]*fakePlayer), subs: make(map[string]upnp.Subscription)}
}

// Call answers GetZoneGroupState and GetHouseholdID after a moment.
func (f *fakeNet) Call(ctx context.Context, svc upnp.Service, action string, _, out any) error {
	time.Sleep(10 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.players[svc.Control.Hostname()]
	if p == nil {
		return errUnplugged
	}
	value := reflect.ValueOf(out).Elem()
	switch action {
	case "GetZoneGroupState":
		p.asked++
		if p.err != nil {
			return p.err
		}
		value.FieldByName("ZoneGroupState").SetString(p.state)
	case "GetHouseholdID":
		value.FieldByName("CurrentHouseholdID").SetString(p.household)
	default:
		return fmt.Errorf("no action %s", action)
	}
	return nil
}

// Run holds a subscription.
func (f *fakeNet) Run(ctx context.Context, sub upnp.Subscription) error {
	f.mu.Lock()
	lost := f.refused
	if lost == nil {
		f.subs[sub.Peer.String()] = sub
	}
	f.mu.Unlock()
	if lost != nil {
		sub.OnEvent(upnp.Event{Lost: lost})
	}
	<-ctx.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.subs, sub.Peer.String())
	return nil
}

// sendEvent sends an event of the player at address; it reports whether anybody
// listens.
func (f *fakeNet) sendEvent(address string, properties map[string]string) bool {
	f.mu.Lock()
	sub, ok := f.subs[address]
	f.mu.Unlock()
	if ok {
		sub.OnEvent(upnp.Event{Properties: properties})
	}
	return ok
}

// set makes or changes a player.
func (f *fakeNet) set(address string, p fakePlayer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.players[address] = &p
}

func (f *fakeNet) asked(address string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.players[address].asked
}

// newPlayer is a player at address, as its description makes it.
func newPlayer(t *testing.T, uuid, address string) sonos.Player {
	t.Helper()
	at := func(path string) *url.URL { return &url.URL{Scheme: "http", Host: address + ":1400", Path: path} }
	p, ok := sonos.PlayerOf(&upnp.Device{
		UDN: "uuid:" + uuid, Location: at("/xml/device_description.xml"),
		Services: []upnp.Service{
			{Type: "urn:schemas-upnp-org:service:ZoneGroupTopology:1", Control: at("/ZoneGroupTopology/Control"), Event: at("/ZoneGroupTopology/Event")},
			{Type: "urn:schemas-upnp-org:service:DeviceProperties:1", Control: at("/DeviceProperties/Control")},
		},
	})
	if !ok {
		t.Fatalf("%s is not taken for a Sonos player", uuid)
	}
	return p
}

// oneGroup is a state in which the first coordinates all.
func oneGroup(uuids ...string) string {
	members := ""
	for _, u := range uuids {
		members += `<ZoneGroupMember UUID="` + u + `" ZoneName="` + u + `"/>`
	}
	return state(group(`Coordinator="`+uuids[0]+`"`, members))
}

// eachAlone is a state in which each plays by itself.
func eachAlone(uuids ...string) string {
	var groups []string
	for _, u := range uuids {
		groups = append(groups, group(`Coordinator="`+u+`"`, `<ZoneGroupMember UUID="`+u+`" ZoneName="`+u+`"/>`))
	}
	return state(groups...)
}

// A recorder keeps the topologies that were reported.
type recorder struct {
	mu      sync.Mutex // guards entries
	entries []sonos.Topology
}

func (d *recorder) add(t sonos.Topology) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, t)
}

// last returns the number of entries and the coordinators, by room, of the last.
func (d *recorder) last() (entries int, coordinators map[string]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	coordinators = make(map[string]string)
	if len(d.entries) == 0 {
		return 0, coordinators
	}
	for _, r := range d.entries[len(d.entries)-1].Rooms() {
		coordinators[r.Name] = string(r.Coordinator)
	}
	return len(d.entries), coordinators
}

func (d *recorder) want(t *testing.T, entries int, coordinators map[string]string) {
	t.Helper()
	n, got := d.last()
	if n != entries || !reflect.DeepEqual(got, coordinators) {
		t.Errorf("want %d topologies and %v, got %d and %v", entries, coordinators, n, got)
	}
}

func callback(netip.Addr) string { return "http://192.0.2.1:49200" }
