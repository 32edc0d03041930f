import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageClock } from '../clock.ts';
import { announcedBetween, countDown } from '../countdown.ts';
import { Icon } from './icons.tsx';
import { useSentences } from './speech.ts';

const TICK_MS = 1000;

interface CountdownProps {
  readonly clock: PageClock;
  readonly expiresAtMs: number;
  /** Called once. It ends nothing: the gateway is asked. */
  readonly onOver: () => void;
}

/** The time that is left, once there is reason to tell. Eyes see every second; ears are told at five minutes and at one. */
export function Countdown({ clock, expiresAtMs, onOver }: CountdownProps) {
  const sentences = useSentences();
  const leftNow = (): number => expiresAtMs - clock.nowMs();
  const [leftMs, setLeftMs] = useState(leftNow);
  const [spoken, setSpoken] = useState('');
  const before = useRef(leftMs);
  useEffect(() => {
    const timer = setInterval(() => setLeftMs(leftNow()), TICK_MS);
    return () => clearInterval(timer);
  }, [expiresAtMs]);
  const { text, isUrgent, isOver } = countDown(leftMs);
  useEffect(() => {
    const minutes = announcedBetween(before.current, leftMs);
    before.current = leftMs;
    if (minutes !== null) setSpoken(sentences.minutesLeft(minutes));
  }, [leftMs]);
  useEffect(() => {
    if (isOver) onOver();
  }, [isOver]);
  return (
    <div class={`countdown ${isUrgent ? 'is-urgent' : ''}`}>
      {text === null ? null : (
        <p aria-hidden="true">
          <Icon name="clock" />
          {isOver ? sentences.timeOver : `${sentences.timeLeft} ${text}`}
        </p>
      )}
      <p class="unseen" role="status">
        {isOver ? sentences.timeOver : spoken}
      </p>
    </div>
  );
}
