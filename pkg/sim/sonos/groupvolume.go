package sonos

import (
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

func (p *Player) groupRenderingActions() map[string]handler {
	actions := map[string]handler{
		"SnapshotGroupVolume":    p.snapshotGroupVolume,
		"GetGroupVolume":         p.getGroupVolume,
		"SetGroupVolume":         p.setGroupVolume,
		"SetRelativeGroupVolume": p.setRelativeGroupVolume,
		"GetGroupMute":           p.getGroupMute,
		"SetGroupMute":           p.setGroupMute,
	}
	for name, h := range actions {
		actions[name] = func(r *http.Request, in map[string]string) ([]device.Argument, *device.Fault) {
			if in["InstanceID"] != "0" {
				return nil, errInvalidArgs
			}
			if !p.household.coordinates(p) {
				return nil, errTransition
			}
			return h(r, in)
		}
	}
	return actions
}

// members are the rooms of p's group: those that are bound to another player
// have that one's volume.
func (h *Household) members(p *Player) []*Player {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.groups[h.groupOfLocked(p)])
}

func (p *Player) snapshotGroupVolume(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	volumes := make(map[*Player]int)
	for _, m := range p.household.members(p) {
		volumes[m], _ = m.Volume()
	}
	p.household.setRatio(p, volumes)
	return nil, nil
}

func (h *Household) setRatio(p *Player, volumes map[*Player]int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ratios[p] = volumes
}

func (h *Household) ratio(p *Player) map[*Player]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ratios[p]
}

// groupVolume is the mean of the members' volumes.
func (p *Player) groupVolume() int {
	sum := 0
	members := p.household.members(p)
	for _, m := range members {
		volume, _ := m.Volume()
		sum += volume
	}
	return int(math.Round(float64(sum) / float64(len(members))))
}

func (p *Player) getGroupVolume(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	return arguments("CurrentVolume", strconv.Itoa(p.groupVolume())), nil
}

func (p *Player) setGroupVolume(_ *http.Request, in map[string]string) ([]device.Argument, *device.Fault) {
	volume, err := strconv.Atoi(in["DesiredVolume"])
	if err != nil || volume < 0 || volume > speakerMax {
		return nil, errInvalidArgs
	}
	p.turnGroup(volume)
	return nil, nil
}

func (p *Player) setRelativeGroupVolume(_ *http.Request, in map[string]string) ([]device.Argument, *device.Fault) {
	by, err := strconv.Atoi(in["Adjustment"])
	if err != nil {
		return nil, errInvalidArgs
	}
	p.turnGroup(max(0, min(p.groupVolume()+by, speakerMax)))
	return arguments("NewVolume", strconv.Itoa(p.groupVolume())), nil
}

// speakerMax is the top of a player's volume.
const speakerMax = 100

// turnGroup brings the mean of the members to volume, in the ratio of the last
// snapshot. A member that was not there then takes the mean itself.
func (p *Player) turnGroup(volume int) {
	ratio := p.household.ratio(p)
	sum := 0
	for _, v := range ratio {
		sum += v
	}
	for _, m := range p.household.members(p) {
		share := 1.0
		if v, ok := ratio[m]; ok && sum > 0 {
			share = float64(v) * float64(len(ratio)) / float64(sum)
		}
		m.SetVolume(int(math.Round(float64(volume) * share)))
	}
}

func (p *Player) getGroupMute(*http.Request, map[string]string) ([]device.Argument, *device.Fault) {
	all := "1"
	for _, m := range p.household.members(p) {
		if _, mute := m.Volume(); !mute {
			all = "0"
		}
	}
	return arguments("CurrentMute", all), nil
}

func (p *Player) setGroupMute(_ *http.Request, in map[string]string) ([]device.Argument, *device.Fault) {
	mute := in["DesiredMute"]
	if mute != "0" && mute != "1" {
		return nil, errInvalidArgs
	}
	for _, m := range p.household.members(p) {
		m.inner.SetMute(mute == "1")
	}
	return nil, nil
}
