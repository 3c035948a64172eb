package sonos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// state is the ZoneGroupState, its elements in another order each time, as
// real players have it.
func (h *Household) state() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	groups := slices.Clone(h.groups)
	rand.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	var b strings.Builder
	for i, group := range groups {
		fmt.Fprintf(&b, `<ZoneGroup Coordinator="%s" ID="%s:%d">`, group[0].uuid, group[0].uuid, i+1)
		members := slices.Clone(group)
		rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		for _, m := range members {
			h.writeMember(&b, m)
		}
		b.WriteString(`</ZoneGroup>`)
	}
	inner := b.String()
	if h.options.Generation == S2 {
		inner = "<ZoneGroups>" + inner + "</ZoneGroups>"
	}
	return "<ZoneGroupState>" + inner + "<VanishedDevices></VanishedDevices></ZoneGroupState>"
}

// writeMember writes the room of m: m and those that are bound to it. The
// caller holds h.mu.
func (h *Household) writeMember(b *strings.Builder, m *Player) {
	attributes := ""
	if m.options.Bridge {
		attributes += ` Invisible="1" IsZoneBridge="1"`
	}
	if m.pair != nil {
		pairing := fmt.Sprintf(` ChannelMapSet="%s:LF,LF;%s:RF,RF"`, m.uuid, m.pair.uuid)
		attributes += pairing
		h.writePlayer(b, "ZoneGroupMember", m.pair, m.options.Room, ` Invisible="1"`+pairing, "")
	}
	if len(m.satellites) == 0 {
		h.writePlayer(b, "ZoneGroupMember", m, m.options.Room, attributes, "")
		return
	}
	theatre := theatreOf(m)
	var satellites strings.Builder
	for _, s := range m.satellites {
		if h.options.Generation == S1 {
			h.writePlayer(b, "ZoneGroupMember", s, m.options.Room, ` Invisible="1"`+theatre, "")
		} else {
			h.writePlayer(&satellites, "Satellite", s, m.options.Room, ` Invisible="1"`+theatre, "")
		}
	}
	h.writePlayer(b, "ZoneGroupMember", m, m.options.Room, attributes+theatre, satellites.String())
}

func theatreOf(m *Player) string {
	channelMap := m.uuid + ":LF,RF"
	for i, s := range m.satellites {
		channelMap += ";" + s.uuid + ":" + channels[i]
	}
	return fmt.Sprintf(` HTSatChanMapSet="%s"`, channelMap)
}

func (h *Household) writePlayer(b *strings.Builder, element string, p *Player, room, attributes, inner string) {
	fmt.Fprintf(b, `<%s UUID="%s" Location="%s" ZoneName="%s" SoftwareVersion="%s" BootSeq="7"%s>%s</%s>`,
		element, p.uuid, p.Location(), device.Escape(room), h.options.Generation.software(), attributes, inner, element)
}

// software is a version of the firmware.
func (g Generation) software() string {
	if g == S1 {
		return "57.22-61162"
	}
	return "83.1-61240"
}

// publish tells all subscribers the topology.
func (h *Household) publish() {
	for _, p := range h.players {
		p.topology.PublishAll()
	}
}

// variables are the evented ones of ZoneGroupTopology.
func (h *Household) variables() []device.Variable {
	return []device.Variable{
		{Name: "ZoneGroupState", Value: h.state()},
		{Name: "MuseHouseholdId", Value: h.options.ID + ".muse"},
	}
}
