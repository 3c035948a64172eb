package bridge

import (
	"context"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// askTimeout bounds the question to a renderer: a sender waits for the answer.
const askTimeout = 500 * time.Millisecond

// adjustable are the volumes of the members that senders may set; all of them, and
// fixed, where they may set none.
func (b *Bridge) adjustable() (volumes []*player.Volume, fixed bool) {
	var all []*player.Volume
	for _, p := range b.members() {
		all = append(all, p.Volume())
		if !p.Volume().Fixed() {
			volumes = append(volumes, p.Volume())
		}
	}
	if len(volumes) == 0 {
		return all, len(all) > 0
	}
	return volumes, false
}

// volumeFixed reports whether senders may not set the volume.
func (b *Bridge) volumeFixed() bool {
	_, fixed := b.adjustable()
	return fixed
}

// groupVolume is how loud the speaker or group is.
func (b *Bridge) groupVolume() player.Loudness { return b.loudest(loudnessOf) }

// reportedVolume is what a sender is shown: how loud the speaker is, or will be with
// the session's first sound.
func (b *Bridge) reportedVolume() player.Loudness {
	idle := b.idle()
	return b.loudest(func(v *player.Volume) player.Loudness {
		if level, ok := v.Start(idle); ok {
			return player.Loudness{Level: level}
		}
		return loudnessOf(v)
	})
}

func loudnessOf(v *player.Volume) player.Loudness {
	level, muted := v.Level()
	return player.Loudness{Level: level, Mute: muted}
}

// loudest is the loudness of the loudest member that can be set; it is muted when
// all of these are.
func (b *Bridge) loudest(of func(*player.Volume) player.Loudness) player.Loudness {
	loudest := player.Loudness{Mute: true}
	volumes, _ := b.adjustable()
	for _, v := range volumes {
		one := of(v)
		loudest.Level, loudest.Mute = max(loudest.Level, one.Level), loudest.Mute && one.Mute
	}
	if len(volumes) == 0 {
		return player.Loudness{Level: player.DefaultLevel}
	}
	return loudest
}

// senderVolume takes a volume of the sender, unless it is the echo of ours.
func (b *Bridge) senderVolume(e raop.Volume, now time.Time) {
	if r := b.remote(); r != nil && r.isEcho(e, now) {
		return
	}
	b.setGroupVolume(player.Loudness{Level: dbLevel(e.DB), Mute: e.Mute}, now)
}

// setGroupVolume sets the members as loud as is wanted, in the ratio that they have.
func (b *Bridge) setGroupVolume(want player.Loudness, now time.Time) {
	loudest := b.groupVolume().Level
	volumes, _ := b.adjustable()
	for _, v := range volumes {
		v.Set(player.Loudness{Level: want.Level * v.GroupShare(loudest), Mute: want.Mute}, now)
	}
}

// volumeDB is the answer to a sender that asks for the volume: the renderer's
// own, so that the sender's slider begins where the sound is, or will be.
func (b *Bridge) volumeDB() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	var asking sync.WaitGroup
	volumes, _ := b.adjustable()
	idle := b.idle()
	for _, v := range volumes {
		if _, starts := v.Start(idle); !starts && !v.Fresh(time.Now()) {
			asking.Go(func() { v.Ask(ctx) })
		}
	}
	asking.Wait()
	reported := b.reportedVolume()
	if reported.Mute {
		return muteDB
	}
	return levelDB(reported.Level)
}
