package sonos

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Bounds of a topology. Sonos allows 32 players in a household; each is one
// element, or a few.
const (
	maxStateBytes    = 512 << 10
	maxMembers       = 128
	maxLocationBytes = 512
)

// The document in the answer of GetZoneGroupState and in the event variable
// ZoneGroupState. Firmware before 10.1 has no <ZoneGroups> around the groups:
//
//	<ZoneGroupState>
//	  <ZoneGroups>
//	    <ZoneGroup Coordinator="RINCON_A" ID="RINCON_A:46">
//	      <ZoneGroupMember UUID="RINCON_A" ZoneName="Lounge" Location="http://..."
//	          HTSatChanMapSet="RINCON_A:LF,RF;RINCON_C:LR">
//	        <Satellite UUID="RINCON_C" .../>
//	      </ZoneGroupMember>
//	      <ZoneGroupMember UUID="RINCON_B" ChannelMapSet="RINCON_B:LF,LF;RINCON_D:RF,RF"/>
//	      <ZoneGroupMember UUID="RINCON_D" Invisible="1" ChannelMapSet="..."/>
//	    </ZoneGroup>
//	  </ZoneGroups>
//	  <VanishedDevices><Device UUID="RINCON_E" Reason="powered off"/></VanishedDevices>
//	</ZoneGroupState>
type groupXML struct {
	Coordinator string      `xml:"Coordinator,attr"`
	Members     []memberXML `xml:"ZoneGroupMember"`
}

type memberXML struct {
	UUID            string      `xml:"UUID,attr"`
	ZoneName        string      `xml:"ZoneName,attr"`
	Location        string      `xml:"Location,attr"`
	Invisible       string      `xml:"Invisible,attr"`
	IsZoneBridge    string      `xml:"IsZoneBridge,attr"`
	SoftwareVersion string      `xml:"SoftwareVersion,attr"`
	BootSeq         string      `xml:"BootSeq,attr"`
	ChannelMapSet   string      `xml:"ChannelMapSet,attr"`
	HTSatChanMapSet string      `xml:"HTSatChanMapSet,attr"`
	Satellites      []memberXML `xml:"Satellite"`
}

// ParseTopology reads a ZoneGroupState, unescaped. Players that vanished are left
// out; of a player that is listed twice the first entry counts. A document without any
// player is ErrMalformed: it must contain at least the player that sent it.
func ParseTopology(state string) (Topology, error) {
	if len(state) > maxStateBytes {
		return Topology{}, fmt.Errorf("sonos: topology: %w: more than %d bytes", ErrMalformed, maxStateBytes)
	}
	var document struct {
		Wrapped []groupXML `xml:"ZoneGroups>ZoneGroup"`
		Bare    []groupXML `xml:"ZoneGroup"`
	}
	if err := upnp.DecodeInner(state, &document); err != nil {
		return Topology{}, fmt.Errorf("sonos: topology: %w", err)
	}
	r := topologyReader{seen: make(map[UUID]bool)}
	for _, g := range append(document.Wrapped, document.Bare...) {
		r.group(g)
	}
	if len(r.seen) == 0 || len(r.seen) > maxMembers {
		return Topology{}, fmt.Errorf("sonos: topology: %w: %d players", ErrMalformed, len(r.seen))
	}
	r.hideBound()
	slices.SortFunc(r.groups, func(a, b Group) int { return compareUUID(a.Coordinator, b.Coordinator) })
	return Topology{Groups: r.groups}, nil
}

// A topologyReader collects the groups of a document.
type topologyReader struct {
	groups []Group
	seen   map[UUID]bool
	bound  []binding
}

// A binding is a channel map: its first player represents all of them.
type binding struct {
	primary UUID
	others  []UUID
	theatre bool // HTSatChanMapSet: the others are satellites
}

func (r *topologyReader) group(x groupXML) {
	g := Group{Coordinator: UUID(strings.TrimSpace(x.Coordinator))}
	for _, m := range x.Members {
		r.member(&g, m, false)
		for _, s := range m.Satellites {
			r.member(&g, s, true)
		}
	}
	if len(g.Members) == 0 {
		return
	}
	slices.SortFunc(g.Members, func(a, b Member) int { return compareUUID(a.UUID, b.UUID) })
	r.groups = append(r.groups, g)
}

func (r *topologyReader) member(g *Group, x memberXML, satellite bool) {
	uuid := UUID(strings.TrimSpace(x.UUID))
	if uuid == "" || len(uuid) > maxUUIDBytes || r.seen[uuid] {
		return
	}
	r.seen[uuid] = true
	m := Member{
		UUID:            uuid,
		Room:            upnp.OneLine(x.ZoneName),
		Invisible:       isTrue(x.Invisible),
		Bridge:          isTrue(x.IsZoneBridge),
		Satellite:       satellite,
		SoftwareVersion: upnp.OneLine(x.SoftwareVersion),
	}
	if len(x.Location) <= maxLocationBytes { // a URL cannot be shortened
		m.Location = strings.TrimSpace(x.Location)
	}
	if seq, err := strconv.ParseUint(strings.TrimSpace(x.BootSeq), 10, 31); err == nil {
		m.BootSeq = int(seq)
	}
	g.Members = append(g.Members, m)
	r.bind(x.ChannelMapSet, false)
	r.bind(x.HTSatChanMapSet, true)
}

// bind stores a channel map, such as "RINCON_A:LF,LF;RINCON_B:RF,RF".
func (r *topologyReader) bind(channelMap string, theatre bool) {
	var b binding
	for part := range strings.SplitSeq(channelMap, ";") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), ":")
		switch uuid := UUID(name); {
		case uuid == "" || uuid == b.primary:
			// Nothing to do: an empty part, or one player for two channels.
		case b.primary == "":
			b.primary = uuid
		default:
			b.others = append(b.others, uuid)
		}
	}
	if len(b.others) > 0 && len(b.others) <= maxMembers {
		b.theatre = theatre
		r.bound = append(r.bound, b)
	}
}

// hideBound marks the other players of each binding as invisible, if the first one is
// listed: not every firmware marks them Invisible, or as Satellite elements.
func (r *topologyReader) hideBound() {
	hidden, satellites := make(map[UUID]bool), make(map[UUID]bool)
	for _, b := range r.bound {
		if !r.seen[b.primary] {
			continue
		}
		for _, u := range b.others {
			hidden[u] = true
			satellites[u] = satellites[u] || b.theatre
		}
	}
	for _, g := range r.groups {
		for i := range g.Members {
			m := &g.Members[i]
			m.Invisible = m.Invisible || hidden[m.UUID]
			m.Satellite = m.Satellite || satellites[m.UUID]
		}
	}
}

func isTrue(attribute string) bool { return strings.TrimSpace(attribute) == "1" }

func compareUUID(a, b UUID) int { return cmp.Compare(a, b) }
