/** What the figures are, and of how many: a sentence each. */
export const placeDefinitions = [
  'R@K: % of the scored queries with a right place among the K best.',
  'Scored: those that have a right place in the map and as many frames behind them as the sequence is long; one without an answer is missed.',
  'Several frames: baselines take the mean along the diagonal of so many; axond-place also what its filter remembers of earlier ones, at any pace.',
  'AUC-PR: area under precision over recall of best matches, recall over the same queries, so that it ends at R@1.',
  'R@100%P: largest recall without a wrong match.',
  'Unknown: % of pairs in which a query with a right place has a better best score than one without.',
];
