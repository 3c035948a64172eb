package transport

import "testing"

// Every pair of phase and input. A pair that is not listed keeps its phase and
// reports nothing.
func TestNext(t *testing.T) {
	type move struct {
		to Phase
		do Action
	}
	moves := map[Phase]map[Input]move{
		PhaseIdle: {
			PlayRequested: {PhasePreparing, ActionNone},
			StopAccepted:  {PhaseStopping, ActionNone},
		},
		PhasePreparing: {
			PlayFailed:   {PhaseStartFailed, ActionNone},
			PlayAccepted: {PhaseStarting, ActionNone},
			StopAccepted: {PhaseStopping, ActionNone},
		},
		PhaseStarting: {
			PlayRequested:    {PhasePreparing, ActionNone},
			StopAccepted:     {PhaseStopping, ActionNone},
			StayedStopped:    {PhaseStopped, ActionState},
			GraceOver:        {PhaseBuffering, ActionNone},
			SawTransitioning: {PhaseBuffering, ActionState},
			SawPlaying:       {PhasePlaying, ActionState},
			SawPaused:        {PhasePaused, ActionState},
			SawForeignURI:    {PhaseIdle, ActionTakenOver},
		},
		PhaseBuffering: {
			PlayRequested: {PhasePreparing, ActionNone},
			StopAccepted:  {PhaseStopping, ActionNone},
			SawStopped:    {PhaseEnding, ActionNone},
			StayedStopped: {PhaseStopped, ActionState},
			SawPlaying:    {PhasePlaying, ActionState},
			SawPaused:     {PhasePaused, ActionState},
			SawForeignURI: {PhaseIdle, ActionTakenOver},
		},
		PhasePlaying: {
			PlayRequested:    {PhasePreparing, ActionNone},
			StopAccepted:     {PhaseStopping, ActionNone},
			SawStopped:       {PhaseEnding, ActionNone},
			StayedStopped:    {PhaseStopped, ActionState},
			SawTransitioning: {PhaseBuffering, ActionState},
			SawPaused:        {PhasePaused, ActionState},
			SawForeignURI:    {PhaseIdle, ActionTakenOver},
		},
		PhasePaused: {
			PlayRequested:    {PhasePreparing, ActionNone},
			StopAccepted:     {PhaseStopping, ActionNone},
			SawStopped:       {PhaseEnding, ActionNone},
			StayedStopped:    {PhaseStopped, ActionState},
			SawTransitioning: {PhaseBuffering, ActionState},
			SawPlaying:       {PhasePlaying, ActionState},
			SawForeignURI:    {PhaseIdle, ActionTakenOver},
		},
		PhaseEnding: {
			PlayRequested:    {PhasePreparing, ActionNone},
			StopAccepted:     {PhaseStopped, ActionNone},
			StayedStopped:    {PhaseStopped, ActionState},
			SawTransitioning: {PhaseBuffering, ActionState},
			SawPlaying:       {PhasePlaying, ActionState},
			SawPaused:        {PhasePaused, ActionState},
			SawForeignURI:    {PhaseIdle, ActionTakenOver},
		},
		PhaseStartFailed: {
			PlayRequested: {PhasePreparing, ActionNone},
			StopAccepted:  {PhaseStopping, ActionNone},
			SawStopped:    {PhaseIdle, ActionNone},
			SawForeignURI: {PhaseIdle, ActionNone},
		},
		PhaseStopping: {
			PlayRequested: {PhasePreparing, ActionNone},
			SawStopped:    {PhaseStopped, ActionNone},
			SawPaused:     {PhaseStopped, ActionNone},
			SawForeignURI: {PhaseIdle, ActionNone},
		},
		PhaseStopped: {
			PlayRequested:    {PhasePreparing, ActionNone},
			StopAccepted:     {PhaseStopping, ActionNone},
			SawTransitioning: {PhaseStopping, ActionNone},
			SawPlaying:       {PhaseStopping, ActionNone},
			SawNoAnswer:      {PhaseStopping, ActionNone},
			SawForeignURI:    {PhaseIdle, ActionNone},
			SawPlayPressed:   {PhasePlayPressed, ActionPlayPressed},
		},
		PhasePlayPressed: {
			PlayRequested: {PhasePreparing, ActionNone},
			StopAccepted:  {PhaseStopping, ActionNone},
			SawStopped:    {PhaseStopped, ActionNone},
			SawPaused:     {PhaseStopped, ActionNone},
			SawForeignURI: {PhaseIdle, ActionNone},
		},
	}
	if phases := int(PhasePlayPressed) + 1; len(moves) != phases {
		t.Fatalf("%d phases in the table, %d exist", len(moves), phases)
	}
	for p := PhaseIdle; p <= PhasePlayPressed; p++ {
		for in := InputNone; in <= SawNoAnswer; in++ {
			want, listed := moves[p][in]
			if !listed {
				want = move{to: p}
			}
			if to, do := next(p, in); to != want.to || do != want.do {
				t.Errorf("%v, %v: want %v %d, got %v %d", p, in, want.to, want.do, to, do)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		PhaseStartFailed.String():                      "start-failed",
		(PhasePlayPressed + 1).String():                "Phase(11)",
		PhasePlayPressed.String():                      "play-pressed",
		SawForeignURI.String():                         "saw foreign URI",
		SawPlayPressed.String():                        "saw play pressed",
		SawNoAnswer.String():                           "saw no answer",
		(SawNoAnswer + 1).String():                     "Input(14)",
		Paused.String():                                "paused",
		(Paused + 1).String():                          "State(6)",
		avTransportStates["NO_MEDIA_PRESENT"].String(): "no media",
	} {
		if got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}
