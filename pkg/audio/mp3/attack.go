package mp3

// An attack is a sudden rise of the power in any of some zones of subbands.
// Before it, noise that a long transform spreads over its 26 ms would be heard.
// Power is watched in steps of three slots, 2 ms at 44.1 kHz.
const (
	stepSlots    = 3
	stepsGranule = slotCount / stepSlots
	attackRise   = 15   // power by the recent peak
	peakDecay    = 0.75 // of the recent peak a step
	attackFloor  = 1e-7 // of full scale, below which nothing is an attack
)

// attackZones are the subbands watched, first and end. The lowest is left out:
// its waves are longer than a step.
var attackZones = [...][2]int{{1, 4}, {4, 10}, {10, 24}}

// A granule's early attacks lie under its own short windows, the late ones under
// those of the granule after (figure C.7). The filterbank smears what lies between
// over the edge of either, so that it counts as both.
const (
	earlyEnd  = 15 / stepSlots
	lateBegin = 6 / stepSlots
)

type attacks struct{ early, late bool }

// A watcher knows the recent peak of the power by zone.
type watcher struct {
	peak [len(attackZones)]float32
}

// attacks finds the attacks of a granule.
func (w *watcher) attacks(s *subbandSamples) (a attacks) {
	for zone, bands := range attackZones {
		for at := range stepsGranule {
			power := float32(0)
			for sb := bands[0]; sb < bands[1]; sb++ {
				v := s[sb][stepSlots*at : stepSlots*at+stepSlots]
				power += v[0]*v[0] + v[1]*v[1] + v[2]*v[2]
			}
			if power > attackRise*w.peak[zone]+attackFloor {
				a.early = a.early || at < earlyEnd
				a.late = a.late || at >= lateBegin
			}
			w.peak[zone] = max(power, peakDecay*w.peak[zone])
		}
	}
	return a
}
