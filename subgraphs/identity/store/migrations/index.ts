import type { Migration } from '../../../../kernel/db/migrate.ts'
import { MembersAndIdentities1764000000000 } from './1764000000000-members-and-identities.ts'
import { FactsAndSegments1795399598301 } from './1795399598301-facts-and-segments.ts'
import { TagDefinitions1795401312020 } from './1795401312020-tag-definitions.ts'
import { ParkedEventsComeBack1795402510102 } from './1795402510102-parked-events-come-back.ts'
import { AttemptsAndSessionUse1795402550013 } from './1795402550013-attempts-and-session-use.ts'
import { PersonAndBelongings1795402993532 } from './1795402993532-person-and-belongings.ts'
import { Erasure1795403432835 } from './1795403432835-erasure.ts'
import { OrganisationAndStaff1795639832301 } from './1795639832301-organisation-and-staff.ts'
import { ApplicationsAndPeople1795641087493 } from './1795641087493-applications-and-people.ts'
import { MergesAndConflicts1795642100001 } from './1795642100001-merges-and-conflicts.ts'
import { RehearsedIdentifiers1796008000000 } from './1796008000000-rehearsed-identifiers.ts'
import { PhoneAliases1796008200000 } from './1796008200000-phone-aliases.ts'
import { RecipesInUse1796018400000 } from './1796018400000-recipes-in-use.ts'

export const migrations: readonly Migration[] = [
  MembersAndIdentities1764000000000,
  FactsAndSegments1795399598301,
  TagDefinitions1795401312020,
  ParkedEventsComeBack1795402510102,
  AttemptsAndSessionUse1795402550013,
  PersonAndBelongings1795402993532,
  Erasure1795403432835,
  OrganisationAndStaff1795639832301,
  ApplicationsAndPeople1795641087493,
  MergesAndConflicts1795642100001,
  RehearsedIdentifiers1796008000000,
  PhoneAliases1796008200000,
  RecipesInUse1796018400000,
]
