package ssdp

import "github.com/breezeway-audio/breezeway/pkg/settings"

// The ladder of a Listener. A retry comes at the start, with every change of
// interfaces, and each minute.
//
//	               group open
//	     ┌────────────────────────────┐
//	     │                            ▼
//	    off ───────► raw ─────────► group
//	     ▲ raw open   │  group open   │
//	     │            │               │
//	     └────────────┴───────────────┘
//	                 lost
//
// In mode auto a retry below the group's method tries that one; where it is
// refused to a Listener that hears nothing, the raw one is tried. Mode raw
// knows no group. Mode off never leaves off.

type event uint8

const (
	eventNone event = iota
	eventRetry
	eventGroupOpen    // outcome of actionOpenGroup
	eventGroupRefused // the other one
	eventRawOpen
	eventRawRefused
	eventLost // the socket in use failed
)

func (e event) String() string {
	return [...]string{"none", "retry", "group open", "group refused", "raw open", "raw refused", "lost"}[e]
}

type action uint8

const (
	actionJoin action = iota // bring the memberships in line with the interfaces
	actionOpenGroup
	actionOpenRaw
	actionAdopt // use what was opened, then close what was in use
	actionClose // what is in use
)

func (a action) String() string {
	return [...]string{"join", "open group", "open raw", "adopt", "close"}[a]
}

// next is the ladder's one mover. A pair that cannot come about changes nothing.
func next(mode settings.SSDPListen, method ListenMethod, e event) (ListenMethod, []action) {
	switch e {
	case eventRetry:
		return method, retry(mode, method)
	case eventGroupOpen:
		if mode == settings.SSDPListenAuto && method != MethodGroup {
			return MethodGroup, []action{actionAdopt}
		}
	case eventGroupRefused:
		if mode == settings.SSDPListenAuto && method == MethodOff {
			return MethodOff, []action{actionOpenRaw}
		}
	case eventRawOpen:
		if mode != settings.SSDPListenOff && method == MethodOff {
			return MethodRaw, []action{actionAdopt}
		}
	case eventLost:
		if method != MethodOff {
			return MethodOff, []action{actionClose}
		}
	case eventNone, eventRawRefused:
		// Nothing to do before the next retry
	}
	return method, nil
}

// retry is what a retry does on each method.
func retry(mode settings.SSDPListen, method ListenMethod) (do []action) {
	if method != MethodOff {
		do = append(do, actionJoin)
	}
	switch {
	case mode == settings.SSDPListenAuto && method != MethodGroup:
		do = append(do, actionOpenGroup)
	case mode == settings.SSDPListenRaw && method == MethodOff:
		do = append(do, actionOpenRaw)
	}
	return do
}
