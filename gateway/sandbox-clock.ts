import type { TestClock } from '../kernel/clock.ts'
import type { Schedule } from '../kernel/jobs/define-job.ts'
import { stopsBetween } from '../kernel/jobs/schedule.ts'
import type { Logger } from '../kernel/log.ts'
import type { MountedSubgraph } from '../kernel/subgraph.ts'
import { type Instant, toIso } from '../kernel/values/instant.ts'
import { type Settling, settle, watchEvents } from './settle.ts'

/** A scheduled job, wherever it belongs. */
interface Scheduled {
  readonly name: string
  readonly schedule: Schedule
  run(): Promise<void>
}

export interface Moved {
  readonly now: Instant
  /** How often each job ran on the way. */
  readonly ran: Readonly<Record<string, number>>
  /** Jobs that failed at least once; the log says why. */
  readonly failed: readonly string[]
}

/** The sandbox's time machine: moves the clock step by step and lets everything happen that falls due on the way. */
export interface SandboxClock {
  /** One move at a time; a moment that is not ahead moves nothing. */
  moveTo(target: Instant): Promise<Moved>
}

export function sandboxClock(options: {
  clock: TestClock
  mounted: readonly Pick<MountedSubgraph, 'name' | 'jobs' | 'runJob'>[]
  peers: Settling
  log: Logger
  /** Called with the time at the end of a move, so that it outlives the process. */
  keep: (now: Instant) => Promise<void>
}): SandboxClock {
  const { clock, peers, log, keep } = options
  const jobs = scheduledJobs(options.mounted)
  let last: Promise<unknown> = Promise.resolve()

  const move = async (target: Instant): Promise<Moved> => {
    const ran: Record<string, number> = {}
    const failed = new Set<string>()
    using events = watchEvents(peers)
    await settle(peers)
    for (const { at, due } of timetable(clock.now(), target, jobs)) {
      clock.advanceTo(at)
      for (const job of due) {
        try {
          await job.run()
          ran[job.name] = (ran[job.name] ?? 0) + 1
        } catch (error) {
          failed.add(job.name)
          log.error({ error, job: job.name, at: toIso(at) }, 'a scheduled job failed')
        }
      }
      // Most days of a long way are quiet.
      if (events.seen()) await settle(peers)
    }
    await keep(clock.now())
    return { now: clock.now(), ran, failed: [...failed] }
  }

  return {
    moveTo(target) {
      const moved = last.then(() => move(target))
      last = moved.catch(() => {})
      return moved
    },
  }
}

const scheduledJobs = (mounted: readonly Pick<MountedSubgraph, 'name' | 'jobs' | 'runJob'>[]): Scheduled[] =>
  mounted.flatMap((subgraph) =>
    subgraph.jobs.flatMap(({ name, schedule }) =>
      schedule ? [{ name: `${subgraph.name}.${name}`, schedule, run: () => subgraph.runJob(name) }] : [],
    ),
  )

/** The moments at which a clock on its way stops, in order, each with the jobs that fall due then. */
export function timetable<Job extends { schedule: Schedule }>(
  from: Instant,
  to: Instant,
  jobs: readonly Job[],
): { at: Instant; due: Job[] }[] {
  if (to <= from) return []
  const dueAt = new Map<Instant, Job[]>([[to, []]])
  for (const job of jobs) {
    for (const at of stopsBetween(from, to, job.schedule)) {
      const due = dueAt.get(at) ?? []
      dueAt.set(at, due)
      due.push(job)
    }
  }
  return [...dueAt].sort(([a], [b]) => a - b).map(([at, due]) => ({ at, due }))
}
