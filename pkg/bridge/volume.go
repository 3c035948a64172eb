package bridge

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	quietestDB = -30.0  // AirPlay's scale above mute is -30 to 0
	muteDB     = -144.0 // and this is mute
	// defaultLevel is told to a sender as long as the renderer's own volume is
	// not known: a sender shows it, and sets nothing by itself.
	defaultLevel = 0.3
	// levelFresh is how long a volume that was set or heard is not asked for
	// again.
	levelFresh = 3 * time.Second
	// levelTimeout bounds the question: a sender waits for the answer.
	levelTimeout = 500 * time.Millisecond
	// levelEcho is how long after a sender turned the volume what the renderer
	// says may be from before.
	levelEcho = time.Second
	// levelRounding is how far a renderer may be from what it was set to, in its
	// steps; a hand moves it further.
	levelRounding = 0.5 + 1e-6
	// dbFloor is the ratio of amplitudes at the quietest level of CurveDB.
	dbFloor = 0.0316227766016838 // 10^(quietestDB/20)
)

// rendererLevel gives the renderer's level, 0 to 1, for a sender's.
func rendererLevel(v settings.Volume, sender float64) float64 {
	if v.Curve == settings.CurveDB {
		amplitude := math.Pow(dbFloor, 1-sender)
		sender = (amplitude - dbFloor) / (1 - dbFloor)
	}
	least, most := fraction(v.Min), fraction(v.Max)
	return least + sender*(most-least)
}

// senderLevel is the inverse of rendererLevel; levels outside the bounds are at
// them.
func senderLevel(v settings.Volume, renderer float64) float64 {
	least, most := fraction(v.Min), fraction(v.Max)
	if most <= least {
		return 1
	}
	level := min(max((renderer-least)/(most-least), 0), 1)
	if v.Curve == settings.CurveDB {
		amplitude := level*(1-dbFloor) + dbFloor
		level = 1 - math.Log(amplitude)/math.Log(dbFloor)
	}
	return level
}

func fraction(percent int) float64 { return float64(percent) / 100 }

// levelDB turns a level of 0 to 1 into AirPlay's decibels, which iOS and the
// others lay out linearly along their slider.
func levelDB(level float64) float64 {
	return min(max(level, 0), 1)*-quietestDB + quietestDB
}

// dbLevel is the inverse of levelDB.
func dbLevel(db float64) float64 {
	return (min(max(db, quietestDB), 0) - quietestDB) / -quietestDB
}

// A volume is what is known of a renderer's volume, on the sender's scale.
type volume struct {
	mu    sync.Mutex // guards below
	level float64    // 0 to 1, once known
	share float64    // of the group's level, as it was when that was above 0; 0: not known
	mute  bool
	known time.Time // when level was heard or set; zero: never
	set   time.Time // when a sender set it last; zero: never
	// awaits says that the session has not sounded, and that nobody set its volume.
	awaits bool
}

// await notes that a session begins.
func (v *volume) await() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.awaits = true
}

// awaiting reports whether the session has its volume still to come.
func (v *volume) awaiting() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.awaits
}

// turned notes what a sender wants. A mute leaves the level as it was.
func (v *volume) turned(want loudness, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mute, v.set, v.awaits = want.mute, now, false
	if !want.mute {
		v.level, v.known = want.level, now
	}
}

// heard notes the level that the renderer tells, on its own scale of steps, and reports
// whether it was changed by somebody else than a sender. What a sender set stays
// as exact as it was, where it is the renderer's nearest step.
func (v *volume) heard(told, step float64, o settings.Volume, now time.Time) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.set) < levelEcho {
		return false
	}
	level, first := senderLevel(o, told), v.known.IsZero()
	v.known = now
	if !first && (level == v.level || math.Abs(told-rendererLevel(o, v.level)) <= levelRounding*step) {
		return false
	}
	v.level, v.share = level, 0
	return !first
}

// heardMute notes whether the renderer says that it is muted, and reports a
// change.
func (v *volume) heardMute(on bool, now time.Time) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.set) < levelEcho || v.mute == on {
		return false
	}
	v.mute = on
	return true
}

// now is what is known: fresh says that there is no need to ask.
func (v *volume) now(at time.Time) (is loudness, fresh bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	level := v.level
	if v.known.IsZero() {
		level = defaultLevel
	}
	return loudness{level: level, mute: v.mute}, !v.known.IsZero() && at.Sub(v.known) < levelFresh
}

// part gives the share in a group whose loudest member is at loudest. It is
// kept where all are at 0, or nothing would bring them back.
func (v *volume) part(loudest float64) float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if loudest > 0 && !v.known.IsZero() {
		v.share = v.level / loudest
	}
	if v.share == 0 && (v.known.IsZero() || loudest == 0) {
		return 1
	}
	return v.share
}

// turnable are the members whose volume senders may turn; all of them, and fixed,
// where they may turn none.
func (b *Bridge) turnable() (members []*player, fixed bool) {
	all := b.members()
	for _, p := range all {
		if !p.volumeOptions().Fixed {
			members = append(members, p)
		}
	}
	if len(members) == 0 {
		return all, len(all) > 0
	}
	return members, false
}

// volumeFixed reports whether senders may not turn the volume.
func (b *Bridge) volumeFixed() bool {
	_, fixed := b.turnable()
	return fixed
}

// loudness is how loud the bridge is.
func (b *Bridge) loudness(now time.Time) loudness {
	return b.loudest(func(p *player) loudness {
		is, _ := p.volume.now(now)
		return is
	})
}

// outlook is what a sender is told: how loud the bridge is, or will be with the
// session's first sound.
func (b *Bridge) outlook(now time.Time) loudness {
	idle := b.idle()
	return b.loudest(func(p *player) loudness {
		if start := p.outset(idle); start != nil {
			return loudness{level: *start}
		}
		is, _ := p.volume.now(now)
		return is
	})
}

// loudest is the loudness of the loudest member that can be turned; it is muted when
// all of these are.
func (b *Bridge) loudest(of func(p *player) loudness) loudness {
	is := loudness{mute: true}
	members, _ := b.turnable()
	for _, p := range members {
		one := of(p)
		is.level, is.mute = max(is.level, one.level), is.mute && one.mute
	}
	if len(members) == 0 {
		return loudness{level: defaultLevel}
	}
	return is
}

// turn takes a volume of the sender, unless it is the echo of ours.
func (b *Bridge) turn(e raop.Volume, now time.Time) {
	if r := b.remote(); r != nil && r.echoes(e, now) {
		return
	}
	b.louden(loudness{level: dbLevel(e.DB), mute: e.Mute}, now)
}

// louden has the members as loud as is wanted, in the ratio that they have.
func (b *Bridge) louden(want loudness, now time.Time) {
	loudest := b.loudness(now).level
	members, _ := b.turnable()
	for _, p := range members {
		p.turn(loudness{level: want.level * p.volume.part(loudest), mute: want.mute}, now)
	}
}

// turn takes a level of the sender's scale. A fixed volume stays what it is.
func (p *player) turn(want loudness, now time.Time) {
	o := p.volumeOptions()
	if o.Fixed {
		return
	}
	p.volume.turned(want, now)
	p.driver.turn(loudness{level: rendererLevel(o, want.level), mute: want.mute})
}

// outset is the level that the first sound of the session, or of the next one, has;
// nil: the renderer's own.
func (p *player) outset(idle bool) *float64 {
	o := p.volumeOptions()
	if o.Fixed || !idle && !p.volume.awaiting() {
		return nil
	}
	if !o.Start.Set {
		return nil
	}
	level := fraction(o.Start.Percent)
	return &level
}

// turnToStart sets the volume that a session's sound begins with.
func (p *player) turnToStart() {
	if level := p.outset(false); level != nil {
		p.turn(loudness{level: *level}, time.Now())
	}
}

// volumeDB is the answer to a sender that asks for the volume: the renderer's
// own, so that the sender's slider begins where the sound is, or will be.
func (b *Bridge) volumeDB() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), levelTimeout)
	defer cancel()
	var asking sync.WaitGroup
	members, _ := b.turnable()
	idle := b.idle()
	for _, p := range members {
		if _, fresh := p.volume.now(time.Now()); !fresh && p.outset(idle) == nil {
			asking.Go(func() { p.askVolume(ctx) })
		}
	}
	asking.Wait()
	is := b.outlook(time.Now())
	if is.mute {
		return muteDB
	}
	return levelDB(is.level)
}

// askVolume asks the renderer.
func (p *player) askVolume(ctx context.Context) {
	if level, err := p.driver.volume(ctx); err == nil {
		p.volume.heard(level, p.driver.volumeStep(), p.volumeOptions(), time.Now())
	}
}

// volumeOptions are the renderer's; while it is away, as they were, since it is
// turned when it comes back.
func (p *player) volumeOptions() settings.Volume {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status.volume
}
