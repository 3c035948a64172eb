package clock

import "time"

const (
	// exactStartup is how narrow the startup is searched.
	exactStartup = 20 * time.Millisecond
	// startupTime is how long after the first sound it is searched. Later, the
	// clocks may be too far apart.
	startupTime = time.Minute
)

// A Startup is how long a renderer takes from the accepted Play to its first
// sound.
type Startup struct {
	After       time.Duration // it took this, or half of Uncertainty more or less
	Uncertainty time.Duration // the width in which all values are equally likely
}

// A startupSearch finds the startup by the positions that follow. A position R
// between asked and answered says that the first sound came after asked-R-1s, and
// by answered-R: a first look that comes long after the second has changed leaves
// the startup uncertain by the time since the look before. The samples that follow
// narrow it.
//
// All times here count from the accepted Play.
type startupSearch struct {
	possible interval
	reported time.Duration // the width as last reported
	over     bool          // there is nothing more to find
}

func newStartupSearch() startupSearch { return startupSearch{possible: unbounded} }

// startupBy is the startup by one sample alone.
func startupBy(asked, answered, rel, resolution time.Duration) interval {
	return interval{lo: asked - rel - resolution, hi: answered - rel}
}

// wait takes a sample of before the first sound, which says only that there was none
// a second ago, or the first with sound. Where it contradicts those before, the
// renderer does not count from its first sound.
func (u *startupSearch) wait(own interval, sounds bool, now time.Duration) {
	if !sounds {
		own.hi = unbounded.hi
	}
	if u.possible = u.possible.intersect(own); u.possible.empty() {
		u.giveUp(now)
	}
}

// giveUp leaves it at any time between Play and now.
func (u *startupSearch) giveUp(now time.Duration) {
	u.possible, u.over = interval{hi: now}, true
}

// narrow takes a sample of after the first sound, and reports whether the startup
// is to be reported again. A sample that contradicts those before ends the search:
// the renderer has stopped for a moment, or has jumped.
func (u *startupSearch) narrow(own interval, now time.Duration) bool {
	if u.over {
		return false
	}
	next := u.possible.intersect(own)
	if next.empty() || now > next.hi+startupTime {
		u.over = true
		return false
	}
	u.possible = next
	width := u.startup().Uncertainty
	return width <= u.reported/2 || width < u.reported && width <= exactStartup
}

// report is the startup, to be reported now.
func (u *startupSearch) report() Startup {
	s := u.startup()
	u.reported, u.over = s.Uncertainty, u.over || s.Uncertainty <= exactStartup
	return s
}

// startup is what is known. Some renderers begin to count just before Play is
// answered, and some round their seconds up: the sound then came at once.
func (u *startupSearch) startup() Startup {
	i := interval{lo: max(u.possible.lo, 0), hi: max(u.possible.hi, 0)}
	return Startup{After: i.mid(), Uncertainty: i.width()}
}
