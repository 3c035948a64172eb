package ssdp

import (
	"fmt"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestNext(t *testing.T) {
	type pair struct {
		mode   settings.SSDPListen
		method ListenMethod
		e      event
	}
	type outcome struct {
		method ListenMethod
		do     []action
	}
	// All others change nothing.
	moves := map[pair]outcome{
		{settings.SSDPListenAuto, MethodOff, eventRetry}:        {MethodOff, []action{actionOpenGroup}},
		{settings.SSDPListenAuto, MethodOff, eventGroupOpen}:    {MethodGroup, []action{actionAdopt}},
		{settings.SSDPListenAuto, MethodOff, eventGroupRefused}: {MethodOff, []action{actionOpenRaw}},
		{settings.SSDPListenAuto, MethodOff, eventRawOpen}:      {MethodRaw, []action{actionAdopt}},
		{settings.SSDPListenAuto, MethodRaw, eventRetry}:        {MethodRaw, []action{actionJoin, actionOpenGroup}},
		{settings.SSDPListenAuto, MethodRaw, eventGroupOpen}:    {MethodGroup, []action{actionAdopt}},
		{settings.SSDPListenAuto, MethodRaw, eventLost}:         {MethodOff, []action{actionClose}},
		{settings.SSDPListenAuto, MethodGroup, eventRetry}:      {MethodGroup, []action{actionJoin}},
		{settings.SSDPListenAuto, MethodGroup, eventLost}:       {MethodOff, []action{actionClose}},
		{settings.SSDPListenRaw, MethodOff, eventRetry}:         {MethodOff, []action{actionOpenRaw}},
		{settings.SSDPListenRaw, MethodOff, eventRawOpen}:       {MethodRaw, []action{actionAdopt}},
		{settings.SSDPListenRaw, MethodRaw, eventRetry}:         {MethodRaw, []action{actionJoin}},
		{settings.SSDPListenRaw, MethodRaw, eventLost}:          {MethodOff, []action{actionClose}},
		// These do not come about, but a socket is never left without a method.
		{settings.SSDPListenRaw, MethodGroup, eventRetry}: {MethodGroup, []action{actionJoin}},
		{settings.SSDPListenRaw, MethodGroup, eventLost}:  {MethodOff, []action{actionClose}},
		{settings.SSDPListenOff, MethodGroup, eventRetry}: {MethodGroup, []action{actionJoin}},
		{settings.SSDPListenOff, MethodGroup, eventLost}:  {MethodOff, []action{actionClose}},
		{settings.SSDPListenOff, MethodRaw, eventRetry}:   {MethodRaw, []action{actionJoin}},
		{settings.SSDPListenOff, MethodRaw, eventLost}:    {MethodOff, []action{actionClose}},
	}
	for _, mode := range []settings.SSDPListen{settings.SSDPListenOff, settings.SSDPListenAuto, settings.SSDPListenRaw} {
		for _, method := range []ListenMethod{MethodOff, MethodGroup, MethodRaw} {
			for e := eventNone; e <= eventLost; e++ {
				t.Run(fmt.Sprintf("%v, %v, %v", mode, method, e), func(t *testing.T) {
					want, ok := moves[pair{mode, method, e}]
					if !ok {
						want.method = method
					}
					gotMethod, gotDo := next(mode, method, e)
					if want.method != gotMethod || !slices.Equal(want.do, gotDo) {
						t.Errorf("want %v %v, got %v %v", want.method, want.do, gotMethod, gotDo)
					}
				})
			}
		}
	}
}
