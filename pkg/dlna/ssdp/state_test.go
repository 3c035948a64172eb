package ssdp

import (
	"fmt"
	"slices"
	"testing"
)

func TestNext(t *testing.T) {
	type pair struct {
		mode Mode
		rung Rung
		e    event
	}
	type outcome struct {
		rung Rung
		do   []action
	}
	// All others change nothing.
	moves := map[pair]outcome{
		{ListenAuto, RungOff, eventRetry}:        {RungOff, []action{actionOpenGroup}},
		{ListenAuto, RungOff, eventGroupOpen}:    {RungGroup, []action{actionAdopt}},
		{ListenAuto, RungOff, eventGroupRefused}: {RungOff, []action{actionOpenRaw}},
		{ListenAuto, RungOff, eventRawOpen}:      {RungRaw, []action{actionAdopt}},
		{ListenAuto, RungRaw, eventRetry}:        {RungRaw, []action{actionJoin, actionOpenGroup}},
		{ListenAuto, RungRaw, eventGroupOpen}:    {RungGroup, []action{actionAdopt}},
		{ListenAuto, RungRaw, eventLost}:         {RungOff, []action{actionClose}},
		{ListenAuto, RungGroup, eventRetry}:      {RungGroup, []action{actionJoin}},
		{ListenAuto, RungGroup, eventLost}:       {RungOff, []action{actionClose}},
		{ListenRaw, RungOff, eventRetry}:         {RungOff, []action{actionOpenRaw}},
		{ListenRaw, RungOff, eventRawOpen}:       {RungRaw, []action{actionAdopt}},
		{ListenRaw, RungRaw, eventRetry}:         {RungRaw, []action{actionJoin}},
		{ListenRaw, RungRaw, eventLost}:          {RungOff, []action{actionClose}},
		// These do not come about, but a socket is never left without a rung.
		{ListenRaw, RungGroup, eventRetry}: {RungGroup, []action{actionJoin}},
		{ListenRaw, RungGroup, eventLost}:  {RungOff, []action{actionClose}},
		{ListenOff, RungGroup, eventRetry}: {RungGroup, []action{actionJoin}},
		{ListenOff, RungGroup, eventLost}:  {RungOff, []action{actionClose}},
		{ListenOff, RungRaw, eventRetry}:   {RungRaw, []action{actionJoin}},
		{ListenOff, RungRaw, eventLost}:    {RungOff, []action{actionClose}},
	}
	for _, mode := range []Mode{ListenOff, ListenAuto, ListenRaw} {
		for _, rung := range []Rung{RungOff, RungGroup, RungRaw} {
			for e := eventNone; e <= eventLost; e++ {
				t.Run(fmt.Sprintf("%v, %v, %v", mode, rung, e), func(t *testing.T) {
					want, ok := moves[pair{mode, rung, e}]
					if !ok {
						want.rung = rung
					}
					gotRung, gotDo := next(mode, rung, e)
					if want.rung != gotRung || !slices.Equal(want.do, gotDo) {
						t.Errorf("want %v %v, got %v %v", want.rung, want.do, gotRung, gotDo)
					}
				})
			}
		}
	}
}
