package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// The sentences about speakers that people read on the page are made here, and
// nowhere else. What is wrong has its sentences in package monitor.

// meanings of the states, for the documents.
var meanings = map[player.State]string{
	player.StateIdle:            "No sender is connected",
	player.StateConnected:       "A sender is connected and sends no sound",
	player.StatePlaying:         "A sender's sound goes to the speaker",
	player.StatePaused:          "The sender has paused",
	player.StatePausedAtSpeaker: "Somebody paused at the speaker, and the sender has paused, too",
	player.StateRetrying:        "A sender plays, the speaker does not; it is tried again",
	player.StateReleased:        "Somebody stopped the speaker or plays something else on it; it is left alone until the sender begins again",
}

// StatesMarkdown is the table of states for docs/API.md.
func StatesMarkdown() string {
	var b strings.Builder
	b.WriteString("| State | Meaning |\n|---|---|\n")
	for _, s := range player.States() {
		fmt.Fprintf(&b, "| `%v` | %s |\n", s, meanings[s])
	}
	return b.String()
}

// speakerText is a sentence about who plays, or why the speaker is silent and what to do
// about it.
func speakerText(s bridge.Speaker, now time.Time) string {
	if s.Away() {
		return "It does not answer. Is it switched on, and in this network?"
	}
	sender := senderName(s)
	reason := cmp.Or(s.Nearest().Reason, "for no known reason")
	switch s.State() {
	case player.StatePlaying:
		return playingText(s, sender, now)
	case player.StatePaused:
		return sender + " has paused."
	case player.StatePausedAtSpeaker:
		return "Paused at the speaker; " + sender + " has paused, too. Play at either of them goes on."
	case player.StateConnected:
		return sender + " is connected and sends no sound."
	case player.StateRetrying:
		return sender + " plays, the speaker does not: " + reason + ". It is tried again."
	case player.StateReleased:
		return "Left alone: " + reason + ". Pause and play at " + sender + " to have it back."
	}
	return ""
}

func playingText(s bridge.Speaker, sender string, now time.Time) string {
	if !slices.ContainsFunc(s.Renderers, func(r player.Snapshot) bool { return !r.Paused }) {
		return "Paused at the speaker; " + sender + " is connected."
	}
	text := "From " + sender + ", for " + ageText(now.Sub(s.Nearest().Since))
	if slices.ContainsFunc(s.Renderers, func(r player.Snapshot) bool { return !r.Stream.Opened.IsZero() && !r.Verified }) {
		text += ". Whether the speaker plays this format is not known yet."
	}
	return text
}

// rendererText is why a member of a group is silent; empty if it is not.
func rendererText(r player.Snapshot) string {
	if r.State == player.StateRetrying || r.State == player.StateReleased {
		return r.Reason
	}
	return ""
}

// summaryText is a summary of what plays where, in a sentence or two.
func summaryText(ready bool, speakers []bridge.Speaker) string {
	switch {
	case !ready:
		return "Senders cannot play now: see what is wrong."
	case len(speakers) == 0:
		return "No speaker found yet."
	}
	names := func(state player.State) (list []string) {
		for _, s := range speakers {
			if s.State() == state && !s.Away() {
				list = append(list, s.Name)
			}
		}
		return list
	}
	text := "Nothing plays."
	if playing := names(player.StatePlaying); len(playing) > 0 {
		text = listed(playing) + number(playing, " plays.", " play.")
	}
	if refusing := names(player.StateRetrying); len(refusing) > 0 {
		text += " " + listed(refusing) + number(refusing, " does", " do") + " not take the sound."
	}
	return text
}

// senderName is the best known name of a sender.
func senderName(s bridge.Speaker) string {
	if s.Began.IsZero() {
		return "Nobody"
	}
	return isolated(cmp.Or(s.Client.Name, s.Client.UserAgent, s.Client.Addr.Addr().String()))
}

// isolated prevents a name's direction of writing from affecting the sentence around it
// (Unicode's FSI and PDI).
func isolated(name string) string { return "\u2068" + name + "\u2069" }

// listed joins names as a sentence does; of many, the first three.
func listed(names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, isolated(name))
	}
	if len(list) > 4 {
		list = append(list[:3], fmt.Sprintf("%d more", len(list)-3))
	}
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// number is the form of a verb for this many names.
func number(names []string, one, more string) string {
	if len(names) == 1 {
		return one
	}
	return more
}

// ageText is a duration for people: "40 s", "5 min", "2 h 5 min", "3 d 1 h".
func ageText(age time.Duration) string {
	s := max(0, int(age.Round(time.Second).Seconds()))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 86400:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d %d h", s/86400, s%86400/3600)
}
