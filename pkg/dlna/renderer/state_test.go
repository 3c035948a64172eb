package renderer

import "testing"

// Every pair of phase and signal. A pair that is not listed keeps its phase
// and tells nothing.
func TestNext(t *testing.T) {
	type move struct {
		to phase
		do action
	}
	moves := map[phase]map[signal]move{
		phaseIdle: {
			signalPrepare: {phasePreparing, actionNone},
			signalEnded:   {phaseHalting, actionNone},
		},
		phasePreparing: {
			signalFailed:  {phaseUnsure, actionNone},
			signalStarted: {phaseStarting, actionNone},
			signalEnded:   {phaseHalting, actionNone},
		},
		phaseStarting: {
			signalPrepare:    {phasePreparing, actionNone},
			signalHeld:       {phasePaused, actionNone},
			signalEnded:      {phaseHalting, actionNone},
			sawEnded:         {phaseResting, actionReport},
			signalGraceOver:  {phaseBuffering, actionNone},
			sawTransitioning: {phaseBuffering, actionReport},
			sawPlaying:       {phasePlaying, actionReport},
			sawPaused:        {phasePaused, actionReport},
			sawForeign:       {phaseIdle, actionTakenOver},
		},
		phaseBuffering: {
			signalPrepare: {phasePreparing, actionNone},
			signalHeld:    {phasePaused, actionNone},
			signalEnded:   {phaseHalting, actionNone},
			sawStopped:    {phaseEnding, actionNone},
			sawEnded:      {phaseResting, actionReport},
			sawPlaying:    {phasePlaying, actionReport},
			sawPaused:     {phasePaused, actionReport},
			sawForeign:    {phaseIdle, actionTakenOver},
		},
		phasePlaying: {
			signalPrepare:    {phasePreparing, actionNone},
			signalHeld:       {phasePaused, actionNone},
			signalEnded:      {phaseHalting, actionNone},
			sawStopped:       {phaseEnding, actionNone},
			sawEnded:         {phaseResting, actionReport},
			sawTransitioning: {phaseBuffering, actionReport},
			sawPaused:        {phasePaused, actionReport},
			sawForeign:       {phaseIdle, actionTakenOver},
		},
		phasePaused: {
			signalPrepare:    {phasePreparing, actionNone},
			signalEnded:      {phaseHalting, actionNone},
			sawStopped:       {phaseEnding, actionNone},
			sawEnded:         {phaseResting, actionReport},
			sawTransitioning: {phaseBuffering, actionReport},
			sawPlaying:       {phasePlaying, actionReport},
			sawForeign:       {phaseIdle, actionTakenOver},
		},
		phaseEnding: {
			signalPrepare:    {phasePreparing, actionNone},
			signalHeld:       {phasePaused, actionNone},
			signalEnded:      {phaseResting, actionNone},
			sawEnded:         {phaseResting, actionReport},
			sawTransitioning: {phaseBuffering, actionReport},
			sawPlaying:       {phasePlaying, actionReport},
			sawPaused:        {phasePaused, actionReport},
			sawForeign:       {phaseIdle, actionTakenOver},
		},
		phaseUnsure: {
			signalPrepare: {phasePreparing, actionNone},
			signalEnded:   {phaseHalting, actionNone},
			sawStopped:    {phaseIdle, actionNone},
			sawForeign:    {phaseIdle, actionNone},
		},
		phaseHalting: {
			signalPrepare: {phasePreparing, actionNone},
			sawStopped:    {phaseResting, actionNone},
			sawPaused:     {phaseResting, actionNone},
			sawForeign:    {phaseIdle, actionNone},
		},
		phaseResting: {
			signalPrepare:    {phasePreparing, actionNone},
			signalEnded:      {phaseHalting, actionNone},
			sawTransitioning: {phaseHalting, actionNone},
			sawPlaying:       {phaseHalting, actionNone},
			sawSilent:        {phaseHalting, actionNone},
			sawForeign:       {phaseIdle, actionNone},
			sawPressed:       {phasePressed, actionPressed},
		},
		phasePressed: {
			signalPrepare: {phasePreparing, actionNone},
			signalEnded:   {phaseHalting, actionNone},
			sawStopped:    {phaseResting, actionNone},
			sawPaused:     {phaseResting, actionNone},
			sawForeign:    {phaseIdle, actionNone},
		},
	}
	if len(moves) != len(phaseNames) {
		t.Fatalf("%d phases in the table, %d exist", len(moves), len(phaseNames))
	}
	for p := range phase(len(phaseNames)) {
		for s := range signal(len(signalNames)) {
			want, listed := moves[p][s]
			if !listed {
				want = move{to: p}
			}
			if to, do := next(p, s); to != want.to || do != want.do {
				t.Errorf("%v, %v: want %v %d, got %v %d", p, s, want.to, want.do, to, do)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		phaseUnsure.String():                    "unsure",
		phase(len(phaseNames)).String():         "phase(11)",
		phasePressed.String():                   "pressed",
		sawForeign.String():                     "saw foreign",
		sawPressed.String():                     "saw pressed",
		sawSilent.String():                      "saw silent",
		signal(len(signalNames)).String():       "signal(15)",
		Paused.String():                         "paused",
		State(len(stateNames)).String():         "State(6)",
		stateWords["NO_MEDIA_PRESENT"].String(): "no media",
	} {
		if got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}
