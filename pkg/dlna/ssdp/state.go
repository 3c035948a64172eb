package ssdp

//go:generate go tool stringer -linecomment -type=event,action,entryKind,ListenMethod,NoticeKind -output=enum_string.go

import "github.com/breezeway-audio/breezeway/pkg/settings"

// How a Listener gets from one ListenMethod to another. A retry comes at the
// start, with every change of interfaces, and each minute. The table is that of
// mode auto:
//
//	       | retry            | group open   | group refused | raw open   | raw refused | lost
//	-------+------------------+--------------+---------------+------------+-------------+-----------
//	off    | open group       | group: adopt | open raw      | raw: adopt | -           | -
//	raw    | join, open group | group: adopt | -             | -          | -           | off: close
//	group  | join             | -            | -             | -          | -           | off: close
//
// Mode raw opens the raw socket where the table opens that of the group, and
// never uses the group's. Mode off never leaves off.

// An event is the time for a retry, the outcome of an action that opens a socket,
// or the failure of the socket in use.
type event uint8

const (
	eventNone         event = iota // none
	eventRetry                     // retry
	eventGroupOpen                 // group open
	eventGroupRefused              // group refused
	eventRawOpen                   // raw open
	eventRawRefused                // raw refused
	eventLost                      // lost
)

type action uint8

const (
	// Bring the memberships in line with the interfaces.
	actionJoin      action = iota // join
	actionOpenGroup               // open group
	actionOpenRaw                 // open raw
	// Use what was opened, then close what was in use.
	actionAdopt // adopt
	// Close what is in use.
	actionClose // close
)

// next is the one function that moves a Listener. A pair that cannot come about
// changes nothing.
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

// retry is what a retry does with each method.
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
