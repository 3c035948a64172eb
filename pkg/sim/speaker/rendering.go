package speaker

import (
	"strconv"
	"strings"
	"sync"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// MaxVolume is the top of the Volume range, unless the quirks have another.
const MaxVolume = 100

// rendering is the one RenderingControl instance.
type rendering struct {
	onChange func() // a state variable may have changed

	mu     sync.Mutex // guards what follows
	volume int        // 0..Quirks.VolumeMax
	mute   bool
}

func (r *rendering) view() (volume int, mute bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.volume, r.mute
}

func (r *rendering) set(update func()) {
	r.mu.Lock()
	update()
	r.mu.Unlock()
	r.onChange()
}

func (s *Speaker) renderingActions() map[string]handler {
	actions := map[string]handler{
		"ListPresets":  fixed("FactoryDefaults"),
		"SelectPreset": s.selectPreset,
		"GetMute":      ofMaster(s.getMute),
		"SetMute":      ofMaster(s.setMute),
		"GetVolume":    ofMaster(s.getVolume),
		"SetVolume":    ofMaster(s.setVolume),
	}
	for name, h := range actions {
		actions[name] = ofInstance0(errRCSInstance, h)
	}
	return actions
}

// ofMaster guards h: the only channel is "Master".
func ofMaster(h handler) handler {
	return func(in map[string]string) ([]string, *device.Fault) {
		if in["Channel"] != "Master" {
			return nil, device.ErrInvalidArgs
		}
		return h(in)
	}
}

func (s *Speaker) selectPreset(in map[string]string) ([]string, *device.Fault) {
	if in["PresetName"] != "FactoryDefaults" {
		return nil, errPreset
	}
	r := s.rendering
	r.set(func() { r.volume, r.mute = s.options.Volume, false })
	return nil, nil
}

func (s *Speaker) getVolume(map[string]string) ([]string, *device.Fault) {
	volume, _ := s.rendering.view()
	return []string{strconv.Itoa(volume)}, nil
}

func (s *Speaker) setVolume(in map[string]string) ([]string, *device.Fault) {
	volume, err := strconv.Atoi(in["DesiredVolume"])
	if err != nil || volume < 0 || volume > s.options.Quirks.volumeMax() {
		return nil, device.ErrInvalidArgs
	}
	if s.options.Quirks.FixedVolume {
		return nil, device.ErrActionFailed
	}
	s.SetVolume(volume)
	return nil, nil
}

func (s *Speaker) getMute(map[string]string) ([]string, *device.Fault) {
	_, mute := s.rendering.view()
	return []string{boolean(mute)}, nil
}

func (s *Speaker) setMute(in map[string]string) ([]string, *device.Fault) {
	var mute bool
	switch strings.ToLower(in["DesiredMute"]) {
	case "1", "true", "yes":
		mute = true
	case "0", "false", "no":
		// Stays false.
	default:
		return nil, device.ErrInvalidArgs
	}
	s.SetMute(mute)
	return nil, nil
}

// renderingVariables are what LastChange tells of volume and mute.
func (s *Speaker) renderingVariables() []device.Variable {
	volume, mute := s.rendering.view()
	told := []device.Variable{{Name: "Volume", Channel: "Master", Value: strconv.Itoa(volume)}}
	if !s.options.Quirks.NoMute {
		told = append(told, device.Variable{Name: "Mute", Channel: "Master", Value: boolean(mute)})
	}
	return told
}

func boolean(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
