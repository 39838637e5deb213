/** What a member can have in a programme: points, growth, and stored value as principal and bonus. */
export const assets = ['points', 'growth', 'principal', 'bonus'] as const
export type Asset = (typeof assets)[number]

/** What rules give. */
export type EarnedAsset = 'points' | 'growth'
